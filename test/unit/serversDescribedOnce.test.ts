import assert from "node:assert/strict";
import { z } from "zod";
import { describedOnce } from "#servers/runtime/describedOnce.ts";
import { orNull } from "#servers/runtime/orNull.ts";

const options = { target: "draft-2020-12" } as const;

describe("a tool's schema", () => {
  it("is described once, separately as input and as output, and validates as before", async () => {
    const original = z.object({ a: z.string().default("x") });
    const schema = describedOnce(original)["~standard"];
    assert.equal(schema.jsonSchema.input(options), schema.jsonSchema.input(options));
    assert.deepEqual(schema.jsonSchema.input(options), original["~standard"].jsonSchema.input(options));
    assert.deepEqual(schema.jsonSchema.output(options), original["~standard"].jsonSchema.output(options));
    assert.deepEqual(await schema.validate({}), { value: { a: "x" } });
    assert.ok("issues" in (await schema.validate({ a: 1 })));
  });

  it("offers null as an alternative of its own", () => {
    const { anyOf } = orNull(z.string())["~standard"].jsonSchema.output(options);
    assert.deepEqual(anyOf, [{ type: "string" }, { type: "null", description: "none" }]);
  });
});
