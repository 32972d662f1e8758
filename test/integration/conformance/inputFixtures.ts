import { randomBytes } from "node:crypto";
import {
  acceptedContent,
  CLIENT_CAPABILITIES_META_KEY,
  createRequestStateCodec,
  inputRequired,
} from "@modelcontextprotocol/server";
import type {
  CallToolResult,
  ClientCapabilities,
  InputRequest,
  InputRequiredResult,
  McpServer,
  ServerContext,
} from "@modelcontextprotocol/server";
import { z } from "zod";

interface State {
  readonly step: number;
}

/** Signs what a client carries from one round to the next; a changed text is refused before a tool runs. */
export const stateCodec = createRequestStateCodec<State>({ key: randomBytes(32) });

const none = z.object({});
const nameSchema = z.object({ name: z.string() });
const okSchema = z.object({ ok: z.boolean() });
const colorSchema = z.object({ color: z.string() });
const contextSchema = z.object({ context: z.string() });

const text = (value: string): CallToolResult => ({ content: [{ type: "text", text: value }] });
const ask = (message: string, requestedSchema: z.ZodObject): InputRequest =>
  inputRequired.elicit({ message, requestedSchema });
const complete = (question: string, maxTokens: number): InputRequest =>
  inputRequired.createMessage({
    messages: [{ role: "user", content: { type: "text", text: question } }],
    maxTokens,
  });
/** An answer of the client, of a kind that only its key tells. */
const answer = ({ mcpReq }: ServerContext, key: string): unknown => mcpReq.inputResponses?.[key];

/** Tools and a prompt that need something from the client before they answer (2026-07-28). */
export function registerInputTools(mcp: McpServer): void {
  const tool = (
    name: string,
    run: (context: ServerContext) => Promise<CallToolResult | InputRequiredResult>,
  ): void => {
    mcp.registerTool(name, { description: `Conformance: ${name}`, inputSchema: none }, (_, context) =>
      run(context),
    );
  };
  const request = (inputRequests: Record<string, InputRequest>) =>
    Promise.resolve(inputRequired({ inputRequests }));
  const requestWithState = async (inputRequests: Record<string, InputRequest>, step: number) =>
    inputRequired({ inputRequests, requestState: await stateCodec.mint({ step }) });

  const nameQuestion = { user_name: ask("What is your name?", nameSchema) };
  tool("test_input_required_result_elicitation", (context) => {
    const given = acceptedContent(context.mcpReq.inputResponses, "user_name", nameSchema);
    return given ? Promise.resolve(text(`Hello, ${given.name}!`)) : request(nameQuestion);
  });
  tool("test_input_required_result_sampling", (context) => {
    const given = answer(context, "capital_question");
    if (given !== undefined) return Promise.resolve(text(JSON.stringify(given)));
    return request({ capital_question: complete("What is the capital of France?", 100) });
  });
  tool("test_input_required_result_list_roots", (context) => {
    const given = answer(context, "client_roots");
    if (given !== undefined) return Promise.resolve(text(JSON.stringify(given)));
    return request({ client_roots: inputRequired.listRoots() });
  });
  for (const name of ["request_state", "tampered_state"]) {
    tool(`test_input_required_result_${name}`, (context) => {
      const confirmed = acceptedContent(context.mcpReq.inputResponses, "confirm", okSchema);
      const state = context.mcpReq.requestState<State>();
      if (confirmed && state?.step === 1) return Promise.resolve(text("state-ok"));
      return requestWithState({ confirm: ask("Please confirm", okSchema) }, 1);
    });
  }
  tool("test_input_required_result_multiple_inputs", (context) => {
    const keys = ["user_name", "greeting", "client_roots"];
    const given = keys.map((key) => answer(context, key));
    if (given.every((value) => value !== undefined)) return Promise.resolve(text(JSON.stringify(given)));
    const questions = {
      ...nameQuestion,
      greeting: complete("Generate a greeting", 50),
      client_roots: inputRequired.listRoots(),
    };
    return requestWithState(questions, 1);
  });
  tool("test_input_required_result_multi_round", (context) => {
    const { inputResponses } = context.mcpReq;
    const step = context.mcpReq.requestState<State>()?.step ?? 0;
    const color = acceptedContent(inputResponses, "step2", colorSchema);
    if (step === 2 && color) return Promise.resolve(text(`The color is ${color.color}`));
    if (step === 1 && acceptedContent(inputResponses, "step1", nameSchema))
      return requestWithState({ step2: ask("Step 2: What is your favorite color?", colorSchema) }, 2);
    return requestWithState({ step1: ask("Step 1: What is your name?", nameSchema) }, 1);
  });
  tool("test_input_required_result_capabilities", ({ mcpReq }) => {
    const can = declaredCapabilities(mcpReq.envelope);
    return request({
      ...(can.elicitation && nameQuestion),
      ...(can.sampling && { greeting: complete("Generate a greeting", 50) }),
      ...(can.roots && { client_roots: inputRequired.listRoots() }),
    });
  });
  // Refused by the protocol library, as the scenario's client has not declared that it can.
  tool("test_missing_capability", () => request({ question: complete("What may I ask?", 10) }));
  tool("test_streaming_elicitation", () => request(nameQuestion));

  mcp.registerPrompt(
    "test_input_required_result_prompt",
    { description: "A prompt that asks for its context" },
    (context: ServerContext) => {
      const given = acceptedContent(context.mcpReq.inputResponses, "user_context", contextSchema);
      if (!given) return request({ user_context: ask("What context should the prompt use?", contextSchema) });
      return { messages: [{ role: "user", content: { type: "text", text: given.context } }] };
    },
  );
}

/** What the client of this one request can do. The library leaves the envelope's type empty. */
function declaredCapabilities(envelope: object | undefined): ClientCapabilities {
  return (envelope as Record<string, ClientCapabilities> | undefined)?.[CLIENT_CAPABILITIES_META_KEY] ?? {};
}
