import type { IncomingMessage, ServerResponse } from "node:http";
import { constants, createBrotliCompress, createGzip } from "node:zlib";
import type { Transform } from "node:stream";

/** Smaller answers fit in one packet anyway. */
const leastBytes = 1024;
/** A quarter of the time of brotli's default, and a few per cent larger (level 11 is for files). */
const brotliQuality = 4;

type Coding = "br" | "gzip";

/** Where an answer is written to. */
export interface AnswerWriter {
  writeHead(status: number, headers?: Record<string, string>): unknown;
  write(chunk: string | Uint8Array): unknown;
  end(chunk?: string | Uint8Array): unknown;
  on(event: string, listener: (...args: unknown[]) => void): unknown;
  readonly destroyed?: boolean;
}

/**
 * The response, whose JSON answers are compressed if the client accepts it and they are not small. Event streams go
 * through as they are: each event has to be there at once.
 *
 * Compression tells by its length whether a part of an answer is like another (BREACH). That needs a secret in the
 * answer and somebody who makes the victim send chosen requests, as a web page can: answers to web pages (`Origin`)
 * are not compressed, and neither is anything but tools' answers, in which no key or token stands.
 */
export function compressed(request: IncomingMessage, response: ServerResponse): AnswerWriter {
  const coding = request.headers.origin === undefined ? acceptedCoding(request) : undefined;
  if (coding === undefined) return response;
  return new CompressedAnswer(response, coding);
}

/** What the client likes best of what there is; undefined for neither. */
export function acceptedCoding({ headers }: Pick<IncomingMessage, "headers">): Coding | undefined {
  const accepted = new Map(
    [headers["accept-encoding"] ?? []]
      .flat()
      .join(",")
      .split(",")
      .map((part) => {
        const [name = "", ...parameters] = part.split(";").map((each) => each.trim().toLowerCase());
        const weight = parameters.find((each) => each.startsWith("q="))?.slice(2);
        return [name, weight === undefined ? 1 : Number(weight)] as const;
      }),
  );
  const weightOf = (coding: Coding): number => accepted.get(coding) ?? accepted.get("*") ?? 0;
  const [br, gzip] = [weightOf("br"), weightOf("gzip")];
  if (!(br > 0) && !(gzip > 0)) return undefined;
  return br >= gzip ? "br" : "gzip";
}

class CompressedAnswer implements AnswerWriter {
  readonly #response: ServerResponse;
  readonly #coding: Coding;
  #head: { readonly status: number; readonly headers: Record<string, string> } | undefined;
  /** Waits until there is enough to be worth it, or the end. */
  #kept: Uint8Array[] = [];
  #keptBytes = 0;
  #encoder: Transform | undefined;

  constructor(response: ServerResponse, coding: Coding) {
    this.#response = response;
    this.#coding = coding;
  }

  get destroyed(): boolean {
    return this.#response.destroyed;
  }

  on(event: string, listener: (...args: unknown[]) => void): this {
    this.#response.on(event, listener);
    return this;
  }

  writeHead(status: number, headers: Record<string, string> = {}): void {
    const named = Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
    );
    const isJson = /^application\/json\b/.test(named["content-type"] ?? "");
    if (!isJson) {
      this.#response.writeHead(status, headers);
      return;
    }
    this.#response.appendHeader("vary", "accept-encoding");
    this.#head = { status, headers: named };
  }

  write(chunk: string | Uint8Array): boolean {
    if (this.#encoder) return this.#encoder.write(chunk);
    if (!this.#head) return this.#response.write(chunk);
    const bytes = typeof chunk === "string" ? Buffer.from(chunk) : chunk;
    this.#kept.push(bytes);
    this.#keptBytes += bytes.length;
    if (this.#keptBytes < leastBytes) return true;
    return this.#startEncoder(this.#head).write(Buffer.concat(this.#kept));
  }

  end(chunk?: string | Uint8Array): void {
    if (chunk !== undefined) this.write(chunk);
    if (this.#encoder) {
      this.#encoder.end();
      return;
    }
    if (this.#head) {
      this.#response.writeHead(this.#head.status, this.#head.headers);
      for (const kept of this.#kept) this.#response.write(kept);
    }
    this.#response.end();
  }

  #startEncoder({ status, headers }: { status: number; headers: Record<string, string> }): Transform {
    const encoder = this.#coding === "br" ? createBrotliCompress(brotli) : createGzip();
    const { "content-length": _, ...others } = headers;
    this.#response.writeHead(status, { ...others, "content-encoding": this.#coding });
    encoder.pipe(this.#response);
    encoder.on("drain", () => this.#response.emit("drain"));
    this.#response.once("close", () => encoder.destroy());
    this.#encoder = encoder;
    return encoder;
  }
}

const brotli = { params: { [constants.BROTLI_PARAM_QUALITY]: brotliQuality } };
