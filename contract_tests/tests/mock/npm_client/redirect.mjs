// Imported before EvoLink's client: what that asks of EvoLink's two hosts goes to the mock at MOCK_URL, and whoever else
// it asks ends it.
const HOSTS = ["https://api.evolink.ai", "https://files-api.evolink.ai"];
const mock = process.env.MOCK_URL;
const send = globalThis.fetch;

globalThis.fetch = (resource, options) => {
  const { origin, pathname, search } = new URL(resource);
  if (!HOSTS.includes(origin)) {
    console.error(`redirect.mjs: ${origin} is no host of EvoLink's API`);
    process.exit(70);
  }
  return send(new URL(pathname + search, mock), options);
};
