import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { repository, run, TestStack, type Finished } from "../e2e/stack.ts";
import { compare } from "./ratio.ts";

// A preview without changes, against a program that does nothing, with the same Node.js and settings.
const stack = await TestStack.create();
const empty = join(stack.folder, "empty");
try {
  succeeded(await stack.up());
  makeEmptyProgram();
  const env = { ...stack.env, PULUMI_STACK: "empty" };
  succeeded(await run("pulumi", ["stack", "init", "empty"], { cwd: empty, env }));
  const preview = ["preview", "--non-interactive", "--expect-no-changes"];
  await compare(
    "Preview without changes",
    7,
    {
      name: "this project",
      run: async () => succeeded(await stack.pulumi(["preview", "--expect-no-changes"])),
    },
    { name: "an empty program", run: async () => run("pulumi", preview, { cwd: empty, env }) },
  );
} finally {
  await stack.remove();
}

function makeEmptyProgram(): void {
  mkdirSync(empty);
  symlinkSync(join(repository, "node_modules"), join(empty, "node_modules"));
  writeFileSync(join(empty, "package.json"), '{ "type": "module" }');
  writeFileSync(join(empty, "index.js"), "export {};\n");
  writeFileSync(
    join(empty, "Pulumi.yaml"),
    "name: empty\nruntime: { name: nodejs, options: { typescript: false, packagemanager: npm } }\nmain: index.js\n",
  );
}

function succeeded({ code, output }: Finished): void {
  if (code !== 0) throw new Error(output);
}
