// A proxy of Node.js's own parts: node proxy.mjs PORT PORT_BEHIND
import http from "node:http";

const [port, behind] = process.argv.slice(2).map(Number);

http
  .createServer((request, response) => {
    const onward = http.request({
      host: "127.0.0.1",
      port: behind,
      method: request.method,
      path: request.url,
      headers: { ...request.headers, connection: "close" },
    });
    onward.on("response", (answer) => {
      response.writeHead(answer.statusCode, answer.rawHeaders);
      answer.pipe(response);
    });
    onward.on("error", () => response.writeHead(502).end());
    request.pipe(onward);
  })
  .listen(port, "127.0.0.1");
