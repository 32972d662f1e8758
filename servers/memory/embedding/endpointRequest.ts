/** Where texts become vectors: OpenAI's form of request and answer, which many programs speak. */
export interface Endpoint {
  /** Full URL, such as https://api.openai.com/v1/embeddings. */
  readonly url: string;
  readonly model: string;
  /** Sent as bearer token; undefined where the endpoint wants none. */
  readonly key: string | undefined;
  readonly dimension: number;
}

/** An attempt that failed. */
export class EndpointFailed extends Error {
  /** Whether the same request may succeed later. */
  readonly transient: boolean;
  /** Milliseconds that the endpoint asked to wait. */
  readonly retryAfter: number | undefined;

  constructor(
    problem: string,
    options: { transient: boolean; retryAfter?: number | undefined; cause?: unknown },
  ) {
    super(problem, { cause: options.cause });
    this.name = "EndpointFailed";
    this.transient = options.transient;
    this.retryAfter = options.retryAfter;
  }
}

/** Sixty-four vectors of 4,000 numbers, each written with 20 digits, are 5 MB. */
const maxAnswerBytes = 32 * 1024 ** 2;

/** Some models take another length on request; the others refuse the parameter, so they do not get it. */
const shortened = /(^|\/)text-embedding-3-/;

/**
 * One request.
 *
 * @returns body of a 200 answer
 * @throws EndpointFailed without anything of the texts, the key or the answer's body
 */
export async function requestEmbeddings(
  endpoint: Endpoint,
  texts: readonly string[],
  signal: AbortSignal,
): Promise<string> {
  let response: Response;
  try {
    response = await fetch(endpoint.url, {
      method: "POST",
      // Elsewhere the key and the texts would reach somebody whom nobody configured.
      redirect: "error",
      headers: {
        "content-type": "application/json",
        accept: "application/json",
        ...(endpoint.key === undefined ? {} : { authorization: `Bearer ${endpoint.key}` }),
      },
      body: JSON.stringify({
        model: endpoint.model,
        input: texts,
        encoding_format: "float",
        ...(shortened.test(endpoint.model) ? { dimensions: endpoint.dimension } : {}),
      }),
      signal,
    });
    if (response.status === 200) return await readCapped(response);
    await response.body?.cancel();
  } catch (error) {
    if (error instanceof EndpointFailed) throw error;
    throw new EndpointFailed("does not answer", { transient: true, cause: error });
  }
  const transient = response.status === 429 || response.status === 408 || response.status >= 500;
  throw new EndpointFailed(`answers ${response.status}${meaning(response.status)}`, {
    transient,
    retryAfter: retryAfter(response.headers.get("retry-after"), Date.now()),
  });
}

/** Milliseconds of a Retry-After header: seconds, or a date. */
export function retryAfter(header: string | null, now: number): number | undefined {
  if (header === null) return undefined;
  if (/^\d+(\.\d+)?$/.test(header.trim())) return Number(header) * 1000;
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

function meaning(status: number): string {
  if (status === 401 || status === 403) return " (its key, secrets.embeddings, is not accepted)";
  if (status === 404)
    return " (memory.embeddingEndpoint must be the full URL, and the model one that it has)";
  if (status === 429) return " (too many requests)";
  return "";
}

async function readCapped(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    const part = chunk as Uint8Array;
    bytes += part.byteLength;
    if (bytes > maxAnswerBytes) throw new EndpointFailed("sends too large an answer", { transient: false });
    chunks.push(part);
  }
  return Buffer.concat(chunks).toString("utf8");
}
