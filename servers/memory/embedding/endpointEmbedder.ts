import {
  BrokenCircuitError,
  ConsecutiveBreaker,
  DelegateBackoff,
  TaskCancelledError,
  TimeoutStrategy,
  circuitBreaker,
  handleWhen,
  retry,
  timeout,
  wrap,
} from "cockatiel";
import type { Log } from "#servers/runtime/log.ts";
import { ToolError } from "#servers/runtime/tool.ts";
import type { Embedder } from "./embedder.ts";
import { AnswerRefused, readAnswer } from "./endpointAnswer.ts";
import { EndpointFailed, requestEmbeddings } from "./endpointRequest.ts";
import type { Endpoint } from "./endpointRequest.ts";

/** How patient the server is with an endpoint; milliseconds. */
export interface Patience {
  readonly attempt: number;
  /** Waits before the second attempt, the third, and so on. */
  readonly waits: readonly number[];
  /** An endpoint that wants a longer pause is not waited for. */
  readonly longestWait: number;
  /** Failures in a row after which nothing is asked for a while, and how long that is. */
  readonly failures: number;
  readonly pause: number;
}

const usual: Patience = {
  attempt: 10_000,
  waits: [250, 1000],
  longestWait: 5000,
  failures: 5,
  pause: 15_000,
};

/** Texts of one request. */
const batchSize = 64;
/** Characters of a text that are embedded: about what models of 8,191 tokens take. */
const maxCharacters = 24_000;

/** Asks an OpenAI-compatible endpoint, with repeats, time limits and a circuit breaker. */
export function endpointEmbedder(endpoint: Endpoint, log: Log, patience: Patience = usual): Embedder {
  const transient = handleWhen((error) => !(error instanceof EndpointFailed) || error.transient);
  const breaker = circuitBreaker(transient, {
    halfOpenAfter: patience.pause,
    breaker: new ConsecutiveBreaker(patience.failures),
  });
  breaker.onBreak(() => log.warn("the embedding endpoint failed too often; it is left alone for a while"));
  breaker.onReset(() => log.info("the embedding endpoint answers again"));
  const repeats = retry(
    handleWhen((error) => !(error instanceof BrokenCircuitError) && isWorthWaiting(error, patience)),
    {
      maxAttempts: patience.waits.length,
      backoff: new DelegateBackoff(({ attempt, result }) => {
        const asked =
          "error" in result && result.error instanceof EndpointFailed ? result.error.retryAfter : undefined;
        return asked ?? patience.waits[attempt - 1] ?? 0;
      }),
    },
  );
  const policy = wrap(repeats, breaker, timeout(patience.attempt, TimeoutStrategy.Aggressive));

  const embedBatch = async (texts: readonly string[], signal: AbortSignal): Promise<number[][]> => {
    const sent = texts.map((text) => (text.trim() === "" ? "(empty)" : text.slice(0, maxCharacters)));
    try {
      const body = await policy.execute(
        ({ signal: attempt }) => requestEmbeddings(endpoint, sent, AbortSignal.any([attempt, signal])),
        signal,
      );
      return readAnswer(body, sent.length, endpoint.dimension);
    } catch (error) {
      log.warn({ err: error, status: describe(error) }, "embedding failed");
      throw new ToolError("embedding", sentence(error), { cause: error });
    }
  };
  return {
    model: endpoint.model,
    kind: "endpoint",
    dimension: endpoint.dimension,
    async embed(texts, signal) {
      const vectors: number[][] = [];
      for (let at = 0; at < texts.length; at += batchSize) {
        vectors.push(...(await embedBatch(texts.slice(at, at + batchSize), signal)));
      }
      return vectors;
    },
    close: () => Promise.resolve(),
  };
}

function isWorthWaiting(error: unknown, { longestWait }: Patience): boolean {
  if (error instanceof TaskCancelledError) return true;
  return error instanceof EndpointFailed && error.transient && (error.retryAfter ?? 0) <= longestWait;
}

function describe(error: unknown): string {
  if (error instanceof BrokenCircuitError) return "failed too often lately";
  if (error instanceof TaskCancelledError) return "takes too long";
  return error instanceof EndpointFailed || error instanceof AnswerRefused ? error.message : "fails";
}

function sentence(error: unknown): string {
  const wait = error instanceof EndpointFailed ? error.retryAfter : undefined;
  const again = wait === undefined ? "Try again later" : `Try again in ${Math.ceil(wait / 1000)} s`;
  return (
    `The embedding endpoint ${error instanceof AnswerRefused ? "answers what cannot be used: its answer " : ""}${describe(error)}. ` +
    `${again}; search_by_tag, and recall_memory with nothing but a time, do without it.`
  );
}
