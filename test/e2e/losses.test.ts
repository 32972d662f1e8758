import assert from "node:assert/strict";
import { dockerEngine } from "#providers/docker/engine.ts";
import { Checkout } from "./checkout.ts";
import { postgresIn } from "./postgresIn.ts";
import { run, TestStack } from "./stack.ts";

describe("npm run up after a loss", function () {
  this.timeout(600_000);
  const engine = dockerEngine({});
  let stack: TestStack;
  let checkout: Checkout;

  before(async () => {
    stack = await TestStack.create();
    checkout = await Checkout.create();
    checkout.adopt(stack);
    await upSucceeds();
    await postgresIn(stack, "INSERT INTO mcp.memory_items (memory_id, content) VALUES ('kept', 'row')");
  });
  after(async () => {
    await stack.remove();
    checkout.remove();
  });

  async function upSucceeds(): Promise<void> {
    const args = ["run", "up", "--", "--stack", stack.name, "--yes"];
    const { code, output } = await run("npm", args, { cwd: checkout.folder, env: stack.env });
    assert.equal(code, 0, output);
  }

  it("restores containers that were removed and a network that is gone, with the data", async () => {
    for (const name of ["database", "postgres"]) {
      await engine.getContainer(`${stack.prefix}-${name}`).remove({ force: true });
    }
    await engine.getNetwork(`${stack.prefix}-network`).remove();
    await upSucceeds();
    assert.equal(await postgresIn(stack, "SELECT content FROM mcp.memory_items"), "row");
  });

  it("starts what was stopped", async () => {
    await engine.getContainer(`${stack.prefix}-postgres`).stop();
    await upSucceeds();
    const preview = await stack.pulumi(["preview", "--expect-no-changes"]);
    assert.equal(preview.code, 0, preview.output);
  });
});
