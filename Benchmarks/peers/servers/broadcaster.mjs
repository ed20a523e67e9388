// A hub of server-sent events as one writes it in Node: a set of responses for each topic.
// POST /publish/TOPIC sends the body as one event's data, GET /subscribe/TOPIC listens.
import { createServer } from "node:http";

// What may wait for a client; beyond it an event is lost to it, so that one that never reads does not fill the memory.
const clientBytes = 1 << 20;
const topics = new Map();

function subscribe(topic, request, response) {
  let clients = topics.get(topic);
  if (!clients) topics.set(topic, (clients = new Set()));
  clients.add(response);
  request.socket.setNoDelay(true);
  response.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-cache" });
  response.flushHeaders();
  request.on("close", () => {
    clients.delete(response);
    if (clients.size === 0) topics.delete(topic);
  });
}

function publish(topic, request, response) {
  const parts = [];
  request.on("data", (part) => parts.push(part));
  request.on("end", () => {
    const event = Buffer.concat([Buffer.from("data: "), ...parts, Buffer.from("\n\n")]);
    for (const client of topics.get(topic) ?? []) {
      if (client.writableLength < clientBytes) client.write(event);
    }
    response.writeHead(204).end();
  });
}

const server = createServer((request, response) => {
  const [, action, topic] = request.url.split("/");
  if (action === "subscribe") subscribe(topic, request, response);
  else if (action === "publish") publish(topic, request, response);
  else response.writeHead(204).end();
});
server.keepAliveTimeout = 3_600_000;
server.requestTimeout = 0;
server.listen({ host: "127.0.0.1", port: Number(process.argv[2]), backlog: 4096 });
