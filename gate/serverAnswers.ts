import { Fault } from "#model/fault.ts";
import { withMcpClient, type McpTarget } from "./mcpClient.ts";

/** A running MCP server and a call on it that changes nothing. */
export interface ServerQuestion extends McpTarget {
  readonly name: string;
  readonly tool: string;
  readonly arguments: Record<string, unknown>;
}

const patienceMilliseconds = 30_000;
const pauseMilliseconds = 250;

/**
 * Asks a server as a client would: discovery, the list of tools, one tool that only reads. A server that has
 * just been started gets half a minute; an answer that waiting cannot change fails at once.
 *
 * @throws Fault GATE_SERVER
 */
export async function serverAnswers(question: ServerQuestion): Promise<void> {
  const deadline = Date.now() + patienceMilliseconds;
  for (;;) {
    try {
      return await ask(question);
    } catch (error) {
      if (error instanceof Fault || Date.now() > deadline) throw fault(question, error);
      await new Promise((resolve) => setTimeout(resolve, pauseMilliseconds));
    }
  }
}

function ask(question: ServerQuestion): Promise<void> {
  return withMcpClient(question, async (client) => {
    const { tools } = await client.listTools();
    if (!tools.some(({ name }) => name === question.tool)) {
      throw fault(question, new Error(`it offers no tool ${question.tool}`));
    }
    const answer = await client.callTool({ name: question.tool, arguments: question.arguments });
    if (answer.isError) throw new Error(`${question.tool} answered with an error: ${textOf(answer.content)}`);
  });
}

function textOf(content: unknown): string {
  return JSON.stringify(content).slice(0, 500);
}

function fault(question: ServerQuestion, cause: unknown): Fault {
  if (cause instanceof Fault) return cause;
  return new Fault(
    {
      code: "GATE_SERVER",
      where: `server ${question.name} at ${question.url}`,
      problem: `it does not answer a client's call: ${reason(cause)}`,
      mend: "`npm run up` (or `pulumi up --refresh`) makes anew what is missing; the container's log says more",
    },
    { cause },
  );
}

/** undici says only "fetch failed"; the reason is in the cause. */
function reason(error: unknown): string {
  const { message, cause } = error as { message: string; cause?: { message?: string; code?: string } };
  return cause ? `${message}: ${cause.code ?? cause.message ?? ""}` : message;
}
