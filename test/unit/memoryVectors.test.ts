import assert from "node:assert/strict";
import { assert as assertProperty, integer, property, string } from "fast-check";
import { lexicalVector, termWeights } from "#servers/memory/embedding/lexicalVector.ts";
import { AnswerRefused, readAnswer } from "#servers/memory/embedding/endpointAnswer.ts";
import { retryAfter } from "#servers/memory/embedding/endpointRequest.ts";

const cosine = (a: readonly number[], b: readonly number[]) =>
  a.reduce((sum, each, index) => sum + each * b[index]!, 0);
const similarity = (a: string, b: string, dimension = 1536) =>
  cosine(lexicalVector(a, dimension), lexicalVector(b, dimension));

describe("lexical vectors", () => {
  it("have the wanted dimension and length 1, the same for the same text", () => {
    assertProperty(
      property(string(), integer({ min: 1, max: 2000 }), (text, dimension) => {
        const vector = lexicalVector(text, dimension);
        assert.equal(vector.length, dimension);
        assert.ok(Math.abs(Math.hypot(...vector) - 1) < 1e-9);
        assert.deepEqual(lexicalVector(text, dimension), vector);
      }),
    );
  });

  it("stay as they are from release to release, as stored ones are compared with new ones", () => {
    const vector = lexicalVector("The port of PostgreSQL is 5432", 8).map((each) => Number(each.toFixed(4)));
    assert.deepEqual(vector, expected);
  });

  it("are near each other when texts share words, also inflected ones, whatever case and punctuation", () => {
    const text = "PostgreSQL listens on port 5432 of the database container";
    assert.ok(similarity(text, text.toUpperCase() + "!") > 0.999);
    assert.ok(similarity(text, "which ports does postgresql listen on") > 0.3);
    assert.ok(similarity(text, "somebody's birthday is in March") < 0.1);
    assert.ok(similarity("configuration", "configurations") > 0.3);
    assert.ok(similarity("Überprüfung der Schlüssel", "überprüfungen") > 0.15);
  });

  it("count common words little, and a word that comes often not much more", () => {
    const weights = termWeights("the the the port");
    assert.ok(weights.get("the")! < weights.get("port")!);
    assert.ok(termWeights("port ".repeat(50)).get("port")! < 6);
  });
});

const expected = [-0.0858, -0.1104, -0.0273, -0.7217, -0.131, -0.6109, 0.2619, 0];

describe("answers of an embedding endpoint", () => {
  const item = (index: number, embedding: number[]) => ({ index, embedding });

  it("are put into the order of the texts, at length 1", () => {
    const body = JSON.stringify({ data: [item(1, [0, 2]), item(0, [3, 4])], usage: {} });
    assert.deepEqual(readAnswer(body, 2, 2), [
      [0.6, 0.8],
      [0, 1],
    ]);
  });

  it("are refused with a wrong count, dimension or number", () => {
    const refused = (data: unknown, pattern: RegExp) =>
      assert.throws(
        () => readAnswer(JSON.stringify({ data }), 2, 2),
        (error) => error instanceof AnswerRefused && pattern.test(error.message),
      );
    refused([item(0, [1, 2])], /one vector for each text/);
    refused([item(0, [1, 2]), item(0, [1, 2])], /one vector for each text/);
    refused([item(0, [1, 2]), item(2, [1, 2])], /one vector for each text/);
    refused([item(0, [1, 2]), item(1, [1])], /1 numbers, not 2/);
    refused([item(0, [1, 2]), item(1, [0, 0])], /without direction/);
    refused("x", /not of the form/);
    assert.throws(() => readAnswer("", 1, 2), AnswerRefused);
  });

  it("say when to come back in seconds or as a date", () => {
    const now = Date.parse("2026-11-27T18:30:00Z");
    assert.equal(retryAfter("2", now), 2000);
    assert.equal(retryAfter("Fri, 27 Nov 2026 18:30:05 GMT", now), 5000);
    assert.equal(retryAfter("Fri, 27 Nov 2026 18:00:00 GMT", now), 0);
    assert.deepEqual([retryAfter(null, now), retryAfter("soon", now)], [undefined, undefined]);
  });
});
