import assert from "node:assert/strict";
import { pino } from "pino";
import { endpointEmbedder } from "#servers/memory/embedding/endpointEmbedder.ts";
import type { Patience } from "#servers/memory/embedding/endpointEmbedder.ts";
import { ToolError } from "#servers/runtime/tool.ts";
import { embeddingEndpoint, status } from "#test/integration/servers/embeddingEndpoint.ts";
import type { EmbeddingEndpoint, Reply } from "#test/integration/servers/embeddingEndpoint.ts";

const patience: Patience = { attempt: 300, waits: [1, 1], longestWait: 50, failures: 4, pause: 400 };

describe("the embedder that asks an endpoint", () => {
  let endpoint: EmbeddingEndpoint;
  beforeEach(async () => {
    endpoint = await embeddingEndpoint(4);
  });
  afterEach(() => endpoint.close());

  const embedder = (key?: string) =>
    endpointEmbedder(
      { url: endpoint.url, model: "m", key, dimension: 4 },
      pino({ level: "silent" }),
      patience,
    );
  const never = new AbortController().signal;
  const told = (pattern: RegExp) => (error: unknown) =>
    error instanceof ToolError && pattern.test(error.message);

  it("sends 64 texts in a request, and no key where it has none", async () => {
    const texts = Array.from({ length: 130 }, (_, index) => `text ${index}`);
    const vectors = await embedder().embed(texts, never);
    assert.equal(vectors.length, 130);
    assert.deepEqual(
      endpoint.asked.map(({ input, authorization }) => [input.length, authorization]),
      [
        [64, undefined],
        [64, undefined],
        [2, undefined],
      ],
    );
    assert.deepEqual((await embedder("k").embed(["text 100"], never))[0], vectors[100]);
  });

  it("asks again after a failure of the moment, not after a refusal", async () => {
    endpoint.next(status(500), status(502));
    await embedder().embed(["x"], never);
    assert.equal(endpoint.asked.length, 3);
    endpoint.next(status(400));
    await assert.rejects(embedder().embed(["x"], never), told(/answers 400/));
    assert.equal(endpoint.asked.length, 4);
  });

  it("gives up an answer that takes too long, and asks again", async () => {
    const hang: Reply = () => {};
    endpoint.next(hang);
    await embedder().embed(["x"], never);
    assert.equal(endpoint.asked.length, 2);
    endpoint.next(hang, hang, hang);
    await assert.rejects(embedder().embed(["x"], never), told(/takes too long/));
  });

  it("leaves an endpoint alone that failed too often, and tries it again after a pause", async () => {
    const one = embedder();
    endpoint.next(status(500), status(500), status(500), status(500));
    await assert.rejects(one.embed(["x"], never), told(/answers 500/));
    await assert.rejects(one.embed(["x"], never), told(/failed too often lately|answers 500/));
    const asked = endpoint.asked.length;
    await assert.rejects(one.embed(["x"], never), told(/failed too often lately/));
    assert.equal(endpoint.asked.length, asked, "nothing was sent");
    await new Promise((resolve) => setTimeout(resolve, patience.pause + 50));
    endpoint.next();
    assert.equal((await one.embed(["x"], never)).length, 1);
  });

  it("ends when its caller does", async () => {
    const call = new AbortController();
    endpoint.next(() => call.abort());
    await assert.rejects(embedder().embed(["x"], call.signal), ToolError);
    assert.equal(endpoint.asked.length, 1);
  });
});
