import { outColours as pc } from "./colours.ts";
import type { Phases } from "./phases.ts";
import { duration } from "./progress.ts";

/** The stack outputs that the summary shows; none of them is secret. */
export interface ShownOutputs {
  readonly endpoints?: Readonly<Record<string, string>>;
  readonly database?: { readonly host: string; readonly port: number; readonly name: string };
  /** Names of the clients that have a key. */
  readonly clients?: Readonly<Record<string, unknown>>;
}

/** What is printed after a successful update: where the servers are, one call that works, and times. */
export function summary(stack: string, outputs: ShownOutputs, phases: Phases, setUpMs: number): string {
  const endpoints = Object.entries(outputs.endpoints ?? {});
  const blocks = [table(endpoints, outputs.database)];
  const [first] = endpoints;
  const client = Object.keys(outputs.clients ?? {})[0];
  if (first !== undefined && client !== undefined) blocks.push(tryIt(stack, first[1], client));
  blocks.push(times(phases, setUpMs));
  return blocks.filter((block) => block !== "").join("\n\n");
}

function table(
  endpoints: readonly (readonly [string, string])[],
  database: ShownOutputs["database"],
): string {
  const rows = endpoints.map(([name, url]) => [name, url] as const);
  if (database !== undefined) {
    rows.push(["database", `postgres://${database.host}:${database.port}/${database.name} (TLS)`]);
  }
  const width = Math.max(0, ...rows.map(([name]) => name.length));
  return rows.map(([name, url]) => `  ${pc.bold(name.padEnd(width))}  ${url}`).join("\n");
}

/**
 * A call of the server's tool list that works when pasted into bash: certificate and key are read from the
 * stack by commands, so that neither is printed or stays in the history.
 */
function tryIt(stack: string, url: string, client: string): string {
  const output = `npm run -s pulumi -- stack output --stack ${stack}`;
  const key = `$(${output} --show-secrets --json apiKeys | node -pe 'JSON.parse(fs.readFileSync(0))[${JSON.stringify(client)}]')`;
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/list", params: {} });
  return [
    `Try it (in this folder, with bash; client \`${client}\`):`,
    `  curl -sS --cacert <(${output} caCertificate) -H @<(echo "X-API-Key: ${key}") \\`,
    `    -H 'Content-Type: application/json' -H 'Accept: application/json, text/event-stream' \\`,
    `    -d '${body}' ${url}`,
    `Connect Kilo Code or another client: npm run connect -- kilo --stack ${stack}`,
  ].join("\n");
}

function times(phases: Phases, setUpMs: number): string {
  const parts = [`set-up ${duration(setUpMs)}`];
  if (phases.preview !== undefined) parts.push(`preview ${phases.preview} s`);
  if (phases.update !== undefined) parts.push(`update ${phases.update} s`);
  if (phases.gate !== undefined) parts.push(`gate ${phases.gate} s`);
  return pc.dim(`Time: ${parts.join(", ")}`);
}
