import { TestStack, type Finished } from "../e2e/stack.ts";
import { record, removePlainly, startPlainly } from "./plainDocker.ts";
import { compare } from "./ratio.ts";

// A warm `up` of everything, against the same containers and the same SQL started by hand.
const rounds = 3;
const stack = await TestStack.create();
try {
  succeeded(await stack.up());
  stack.writeFile("ca.crt", (await stack.outputs<{ caCertificate: string }>()).caCertificate);
  const recording = await record(stack);
  const destroy = async () => succeeded(await stack.pulumi(["destroy", "--yes", "--skip-preview"]));
  await destroy();
  await compare(
    "Warm `up`: network, volumes, files, PostgreSQL, roles, schema, server, until it answers",
    rounds,
    { name: "pulumi up", run: async () => succeeded(await stack.up()) },
    { name: "docker run and psql", run: () => startPlainly(stack, recording) },
    { ours: destroy, reference: () => removePlainly(stack) },
  );
} finally {
  await removePlainly(stack);
  await stack.remove();
}

function succeeded({ code, output }: Finished): void {
  if (code !== 0) throw new Error(output);
}
