// Imported before EvoLink's client: requests to EvoLink's two hosts go to the mock at MOCK_URL. A request to any other
// host ends the process.
const HOSTS = ["https://api.evolink.ai", "https://files-api.evolink.ai"];
const mock = process.env.MOCK_URL;
const send = globalThis.fetch;

globalThis.fetch = (resource, options) => {
  const { origin, pathname, search } = new URL(resource);
  if (!HOSTS.includes(origin)) {
    console.error(`redirect.mjs: ${origin} is not a host of EvoLink's API`);
    process.exit(70);
  }
  return send(new URL(pathname + search, mock), options);
};
