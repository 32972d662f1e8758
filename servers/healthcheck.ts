/**
 * `node servers/healthcheck.ts [files]` asks the server whose configuration is mounted for `/health`, over
 * verified TLS. Exit code 0 if it answers. Used by the container's health check.
 */
import { existsSync, readFileSync } from "node:fs";
import { get } from "node:https";
import { paths, serverNames } from "#model/names.ts";

const files = process.argv[2] ?? paths.files;
const name = serverNames.find((server) => existsSync(`${files}/mcp/${server}.json`));
if (name === undefined) process.exit(1);
const { server } = JSON.parse(readFileSync(`${files}/mcp/${name}.json`, "utf8")) as {
  server: { host: string; port: number };
};
const host = ["0.0.0.0", "::"].includes(server.host) ? "127.0.0.1" : server.host;
const request = get(
  {
    host,
    port: server.port,
    path: "/health",
    servername: "localhost",
    headers: { host: "localhost" },
    ca: readFileSync(`${files}/ssl/ca.crt`),
    timeout: 4000,
  },
  (response) => process.exit(response.statusCode === 200 ? 0 : 1),
);
request.on("timeout", () => request.destroy());
request.on("error", () => process.exit(1));
