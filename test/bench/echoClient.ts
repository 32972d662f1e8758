import { Pool } from "undici";

/** One side of the comparison, called as a light client of 2026-07-28 does. */
export interface EchoClient {
  readonly name: string;
  /** Milliseconds of each of `count` calls, one after the other. */
  sequence(count: number): Promise<number[]>;
  /** Calls per second with `inFlight` at a time, over `milliseconds`. */
  rate(inFlight: number, milliseconds: number): Promise<number>;
  close(): Promise<void>;
}

const revision = "2026-07-28";
const bodyOf = (tool: string) =>
  JSON.stringify({
    jsonrpc: "2.0",
    id: 1,
    method: "tools/call",
    params: {
      name: tool,
      arguments: { value: "x".repeat(100) },
      _meta: {
        "io.modelcontextprotocol/protocolVersion": revision,
        "io.modelcontextprotocol/clientInfo": { name: "bench", version: "0" },
        "io.modelcontextprotocol/clientCapabilities": {},
      },
    },
  });

/** @throws Error for an answer that is not the tool's */
export function echoClient(
  name: string,
  origin: string,
  ca?: string,
  key?: string,
  tool: "echo" | "echo_write" = "echo",
): EchoClient {
  const body = bodyOf(tool);
  const pool = new Pool(origin, { connections: 20, ...(ca !== undefined && { connect: { ca } }) });
  const headers = {
    "content-type": "application/json",
    accept: "application/json, text/event-stream",
    "mcp-protocol-version": revision,
    "mcp-method": "tools/call",
    "mcp-name": tool,
    ...(key !== undefined && { "x-api-key": key }),
  };
  const call = async (): Promise<void> => {
    const answer = await pool.request({ path: "/mcp", method: "POST", headers, body });
    const text = await answer.body.text();
    if (answer.statusCode !== 200 || !text.includes('"structuredContent"'))
      throw new Error(`${name}: ${answer.statusCode} ${text}`);
  };
  return {
    name,
    async sequence(count) {
      const times: number[] = [];
      for (let done = 0; done < count; done++) {
        const began = performance.now();
        await call();
        times.push(performance.now() - began);
      }
      return times;
    },
    async rate(inFlight, milliseconds) {
      const began = performance.now();
      let done = 0;
      const work = async (): Promise<void> => {
        while (performance.now() - began < milliseconds) {
          await call();
          done += 1;
        }
      };
      await Promise.all(Array.from({ length: inFlight }, work));
      return (done * 1000) / (performance.now() - began);
    },
    close: () => pool.close(),
  };
}
