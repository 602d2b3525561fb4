// The few calls of the Docker Engine API that the scripts make themselves.
import { request } from "node:http";
import { pipeline } from "node:stream/promises";

/** The answer of the engine at `host` (a DOCKER_HOST value) as a stream. Rejects for a status of 400 and above. */
export async function callEngine(host, method, path, body) {
  const response = await send(host, method, path, body);
  if (response.statusCode < 400) return response;
  throw new Error(`${method} ${path} at ${host}: ${response.statusCode} ${await readText(response)}`);
}

export async function readText(response) {
  let text = "";
  for await (const chunk of response.setEncoding("utf8")) text += chunk;
  return text;
}

export async function hasImage(host, image) {
  const response = await send(host, "GET", `/images/${image}/json`);
  response.resume();
  return response.statusCode === 200;
}

function send(host, method, path, body) {
  const { protocol, hostname, port, pathname } = new URL(host);
  if (protocol !== "unix:" && protocol !== "tcp:")
    throw new Error(`${host}: the scripts reach unix:// and tcp:// only`);
  const address = protocol === "unix:" ? { socketPath: pathname } : { host: hostname, port: Number(port) };
  return new Promise((resolve, reject) => {
    const headers = body === undefined ? {} : { "content-type": "application/x-tar" };
    const outgoing = request({ ...address, method, path, headers }, resolve).on("error", reject);
    if (body === undefined) outgoing.end();
    else pipeline(body, outgoing).catch(reject);
  });
}
