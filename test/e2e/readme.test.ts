import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Checkout } from "./checkout.ts";
import { repository, run, TestStack } from "./stack.ts";

/** Every block of shell commands in README.md, in order. */
function examples(): string[] {
  const text = readFileSync(join(repository, "README.md"), "utf8");
  return [...text.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map((match) => match[1]!);
}

/** Lines that another test runs, by a word of theirs. */
const elsewhere = {
  "--stack prod": "production.test.ts",
  "pulumi stack init dev": "stack.test.ts, which uses nothing but plain pulumi",
  "--purge": "would remove the images and caches that other stacks use",
};

describe("the examples of README.md", function () {
  this.timeout(900_000);
  let stack: TestStack;
  let checkout: Checkout;

  before(async () => {
    stack = await TestStack.create();
    checkout = await Checkout.create();
    // The stack `dev` of the examples is this one, on ports of its own.
    checkout.adopt(stack);
  });
  after(async () => {
    await stack.remove();
    checkout.remove();
  });

  function adapted(block: string): string {
    return block
      .replaceAll("--stack dev", `--stack ${stack.name}`)
      .replace(/npm run up\b.*/g, `npm run up -- --stack ${stack.name} --yes`)
      .replace(/npm run (preview|doctor|validate|drift)\b.*/g, `npm run $1 -- --stack ${stack.name}`)
      .replace(/npm run config -- .*/g, `$& --stack ${stack.name}`)
      .replace(/npm run down\b.*/g, `npm run down -- --stack ${stack.name} --yes`);
  }

  for (const block of examples()) {
    const commands = block.split("\n").filter((line) => !isElsewhere(line));
    if (isElsewhere(block) && !block.includes("npm run down")) continue;
    it(block.split("\n", 1)[0]!, async () => {
      const script = adapted(commands.join("\n"));
      const done = await run("bash", ["-e", "-c", script], {
        cwd: checkout.folder,
        // What connects a client goes into the user's configuration folder.
        env: { ...stack.env, XDG_CONFIG_HOME: stack.folder },
      });
      assert.equal(done.code, 0, done.output);
    });
  }

  it("leaves nothing behind", async () => {
    assert.deepEqual(await stack.objects(), []);
  });
});

function isElsewhere(line: string): boolean {
  return Object.keys(elsewhere).some((word) => line.includes(word));
}
