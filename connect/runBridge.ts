import path from "node:path";
import { parseArgs } from "node:util";
import { StdioServerTransport } from "@modelcontextprotocol/server/stdio";
import { readingToolsOf } from "#model/client/readingTools.ts";
import { Fault } from "#model/fault.ts";
import { Bridge } from "./bridge.ts";
import { isExposed, materialFiles, readMaterial } from "./material.ts";

/** Larger than what servers accept, so that it is they who refuse. */
const longestMessageBytes = 64 * 1024 * 1024;

const usage = `node ${path.basename(import.meta.dirname)}/main.mjs --stack STACK --client CLIENT --server SERVER`;

/** Serves one client on standard input and output until its input ends. */
export async function runBridge(args: readonly string[]): Promise<void> {
  try {
    await serve(readArguments(args));
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 2;
  }
}

interface BridgeArguments {
  readonly stack: string;
  readonly client: string;
  readonly server: string;
}

async function serve({ stack, client, server }: BridgeArguments): Promise<void> {
  const log = (line: string) => void process.stderr.write(`kilocode-mcp ${stack}/${server}: ${line}\n`);
  const files = materialFiles(stack, process.env);
  const keyFile = files.key(client);
  if (isExposed(keyFile)) log(`others can read ${keyFile}; mend: chmod 600 ${keyFile}`);
  const transport = new StdioServerTransport(process.stdin, process.stdout, {
    maxBufferSize: longestMessageBytes,
  });
  const bridge: Bridge = new Bridge({
    transport: Object.assign(transport, { onclose: () => void leave() }),
    server,
    client,
    files,
    read: () => readMaterial(files, client, server),
    repeatableTools: readingToolsOf(server),
    log,
  });
  // A request that waits for its server must not keep the process when its client is gone.
  const leave = () => bridge.end().finally(() => process.exit());
  await bridge.start();
}

function readArguments(args: readonly string[]): BridgeArguments {
  const text = { type: "string" } as const;
  try {
    const { values } = parseArgs({
      args: [...args],
      options: { stack: text, client: text, server: text },
      strict: true,
    });
    const { stack, client, server } = values;
    if (stack !== undefined && client !== undefined && server !== undefined) return { stack, client, server };
  } catch {
    // Said below.
  }
  throw new Fault({
    code: "CONNECT_ARGUMENTS",
    problem: "the MCP bridge was started without stack, client or server",
    mend: usage,
  });
}
