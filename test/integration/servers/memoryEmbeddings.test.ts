import assert from "node:assert/strict";
import { body, embeddingEndpoint, status } from "./embeddingEndpoint.ts";
import type { EmbeddingEndpoint, Reply } from "./embeddingEndpoint.ts";
import { dimension, memoryStage } from "./memoryStage.ts";
import type { MemoryStage } from "./memoryStage.ts";

describe("embeddings of memories", function () {
  this.timeout(180_000);
  let memory: MemoryStage;
  let endpoint: EmbeddingEndpoint;

  before(async () => {
    endpoint = await embeddingEndpoint(dimension);
    memory = await memoryStage();
  });
  after(async () => {
    await memory?.end();
    await endpoint?.close();
  });
  beforeEach(async () => {
    await memory.sql("DELETE FROM mcp.memory_items");
    endpoint.asked.length = 0;
    endpoint.next();
  });

  const remote = (model = "acme/embed-1", key = "sk-canary-11") =>
    memory.deliver(
      { memory: { embeddingModel: model, embeddingEndpoint: endpoint.url } },
      { embeddings: key },
    );
  const models = () =>
    memory.sql("SELECT embedding_model, embedding_dimension FROM mcp.memory_items ORDER BY id");
  const embeddingOf = (answer: Record<string, unknown>) =>
    answer["embedding"] as { model: string; kind: string };

  it("memory.embeddingEndpoint: come from there, with the model and the key of secrets.embeddings", async () => {
    await remote();
    const stored = await memory.ok("store_memory", { content: "the port of PostgreSQL is 5432" });
    assert.deepEqual(embeddingOf(stored), { model: "acme/embed-1", kind: "endpoint", dimension });
    assert.deepEqual(endpoint.asked, [
      {
        model: "acme/embed-1",
        input: ["the port of PostgreSQL is 5432"],
        authorization: "Bearer sk-canary-11",
        encoding_format: "float",
      },
    ]);
    const found = await memory.found("retrieve_memory", { query: "the port of PostgreSQL is 5432" });
    assert.equal(found[0]!.similarity, 1);
    await memory.deliver({ memory: { embeddingModel: "acme/embed-1" } }, { embeddings: "sk-canary-11" });
    assert.equal(embeddingOf(await memory.ok("get_stats", {})).kind, "lexical");
    assert.ok(!memory.server.output().includes("canary"), "the key is in no log line");
  });

  it("memory.embeddingModel: a search among embeddings of another model is refused until they are made anew", async () => {
    await memory.deliver({});
    for (const name of ["one", "two", "three"]) {
      await memory.ok(
        "store_memory",
        { memory_id: name, content: `memory ${name}`, tags: ["t"] },
        name === "two" ? "second" : "default",
      );
    }
    await memory.sql(
      "INSERT INTO mcp.memory_items (memory_id, content, shared) VALUES ('sql', 'memory sql', true)",
    );
    await remote();
    assert.match(
      await memory.refused("retrieve_memory", { query: "memory one" }),
      /3 memories .*acme\/embed-1.*reembed_memories/,
    );
    assert.match(await memory.refused("recall_memory", { query: "memory one today" }), /reembed_memories/);
    assert.equal((await memory.found("search_by_tag", { tags: ["t"] })).length, 2);
    assert.equal((await memory.found("recall_memory", { query: "today" })).length, 3);
    const first = await memory.ok("reembed_memories", { max_items: 1 }, "admin");
    assert.deepEqual([first["embedded"], first["remaining"]], [1, 3]);
    endpoint.asked.length = 0;
    const rest = await memory.ok("reembed_memories", {}, "admin");
    assert.deepEqual([rest["embedded"], rest["remaining"], rest["unreadable"]], [3, 0, 0]);
    assert.equal(endpoint.asked.length, 1, "one batch");
    assert.deepEqual(
      await models(),
      Array.from({ length: 4 }, () => ({ embedding_model: "acme/embed-1", embedding_dimension: dimension })),
    );
    const found = await memory.found("retrieve_memory", { query: "memory one", min_similarity: 0.9 });
    assert.deepEqual(
      found.map(({ memory_id }) => memory_id),
      ["one"],
    );
    assert.equal(
      (await memory.found("retrieve_memory", { query: "memory sql", min_similarity: 0.99 }))[0]!.memory_id,
      "sql",
    );
  });

  it("memory.embeddingDimension: a model that does not fit the column is refused, and says which setting mends it", async () => {
    await memory.deliver({ memory: { embeddingDimension: 64 } });
    for (const [name, args] of [
      ["store_memory", { content: "x" }],
      ["retrieve_memory", { query: "x" }],
    ] as const) {
      assert.match(
        await memory.refused(name, args),
        /takes embeddings of 256 numbers .* gives 64.*postgres.embeddingDimension/,
      );
    }
    assert.deepEqual(await models(), []);
  });

  it("are asked for again where an endpoint fails for a moment, as long as it says", async () => {
    await remote();
    endpoint.next(status(503), status(429, { "retry-after": "1" }));
    const start = performance.now();
    await memory.ok("store_memory", { content: "x" });
    assert.equal(endpoint.asked.length, 3);
    assert.ok(performance.now() - start >= 1000);
    endpoint.next(status(429, { "retry-after": "600" }));
    assert.match(await memory.refused("store_memory", { content: "y" }), /Try again in 600 s/);
    assert.equal(endpoint.asked.length, 4);
  });

  it("are refused where an answer cannot be used, and nothing is stored", async () => {
    await remote();
    const vector = Array.from({ length: dimension }, () => 0.5);
    const item = (index: number, embedding: unknown) => ({ data: [{ index, embedding }] });
    const faults: [Reply, RegExp][] = [
      [status(401), /401 .*secrets\.embeddings/],
      [status(404), /404 .*full URL/],
      [status(400), /answers 400/],
      [
        (response) => void response.writeHead(302, { location: "http://127.0.0.1:1/" }).end(),
        /embedding endpoint/,
      ],
      [body("<html>"), /not of the form/],
      [body({ data: [] }), /one vector for each text/],
      [body(item(0, vector.slice(1))), /vectors of 255 numbers, not 256/],
      [body(item(1, vector)), /one vector for each text/],
      [
        body(
          item(
            0,
            vector.map(() => 0),
          ),
        ),
        /without direction/,
      ],
      [body(JSON.stringify(item(0, vector)).replace("0.5", "1e999")), /not of the form|without direction/],
      [body(JSON.stringify(item(0, vector)).replace("0.5", "null")), /not of the form/],
    ];
    for (const [reply, pattern] of faults) {
      endpoint.next(reply, reply, reply);
      const text = await memory.refused("store_memory", { content: "x" });
      assert.match(text, pattern);
      assert.ok(!text.includes("secret-of-the-endpoint"), text);
    }
    assert.deepEqual(await models(), []);
    endpoint.next();
    // A circuit that the redirects opened closes by itself.
    await new Promise((resolve) => setTimeout(resolve, 100));
  });

  it("are not needed for tags and times, which go on when the endpoint is down", async () => {
    await remote("acme/embed-1", "other");
    await memory.ok("store_memory", { content: "kept", tags: ["t"] });
    const gone = await embeddingEndpoint(dimension);
    await gone.close();
    await memory.deliver({ memory: { embeddingModel: "acme/embed-1", embeddingEndpoint: gone.url } });
    const text = await memory.refused("retrieve_memory", { query: "kept" });
    assert.match(text, /embedding endpoint does not answer.*search_by_tag/);
    assert.match(await memory.refused("store_memory", { content: "lost" }), /embedding endpoint/);
    assert.equal((await memory.found("search_by_tag", { tags: ["t"] })).length, 1);
    assert.equal((await memory.found("recall_memory", { query: "today" })).length, 1);
  });
});
