-- A ledger as version 1 created it. It stays as it is: the tests open it with every later version.
CREATE TABLE evolink_ledger (
    version INTEGER NOT NULL
);
CREATE TABLE evolink_jobs (
    "key" VARCHAR(200) NOT NULL,
    status VARCHAR(16) NOT NULL,
    request TEXT,
    request_sha256 VARCHAR(64),
    model TEXT,
    name TEXT,
    estimate DOUBLE,
    price_date VARCHAR(10),
    idempotency_key VARCHAR(96),
    task_id VARCHAR(500),
    other_task_ids TEXT,
    task TEXT,
    task_status TEXT,
    credits_reserved DOUBLE,
    credits_used DOUBLE,
    error_code TEXT,
    error_message TEXT,
    can_retry BOOLEAN,
    links TEXT,
    links_end DOUBLE,
    files TEXT,
    attempts INTEGER NOT NULL,
    planned_at DOUBLE NOT NULL,
    sent_at DOUBLE,
    ended_at DOUBLE,
    updated_at DOUBLE NOT NULL,
    sender TEXT,
    sending_until DOUBLE,
    handled VARCHAR(16),
    handler TEXT,
    handler_until DOUBLE,
    PRIMARY KEY ("key"),
    UNIQUE (task_id)
);
CREATE INDEX ix_evolink_jobs_status ON evolink_jobs (status);
INSERT INTO evolink_ledger VALUES (1);
INSERT INTO evolink_jobs (key, status, request, request_sha256, model, task_id, attempts, planned_at, updated_at)
VALUES ('order-1', 'submitted', '{"model": "wan2.5-image-to-video", "prompt": "A cat", "image_urls": ["https://example.com/a.png"]}',
    'abc', 'wan2.5-image-to-video', 'task-unified-1-00000001', 1, 1.5, 2.5);
