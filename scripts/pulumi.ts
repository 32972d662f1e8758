import { namedStack } from "#toolchain/arguments.ts";
import { command } from "#toolchain/command.ts";
import { ensurePulumi } from "#toolchain/pulumi.ts";
import { inspectSession, openSession, pulumiCapture, pulumiForeground } from "#toolchain/session.ts";
import type { Pulumi } from "#toolchain/pulumi.ts";

// npm run pulumi -- <any Pulumi command>: with the right PATH, state and passphrase.
await command(async () => {
  const args = process.argv.slice(2);
  const pulumi = await ensurePulumi();
  const stack = namedStack(args) ?? (await selectedStack(pulumi)) ?? "dev";
  return pulumiForeground(openSession(stack, pulumi), args);
});

/** The stack that Pulumi would take: which passphrase is given depends on it. */
async function selectedStack(pulumi: Pulumi): Promise<string | undefined> {
  if (process.env.PULUMI_STACK !== undefined && process.env.PULUMI_STACK !== "")
    return process.env.PULUMI_STACK;
  const { code, stdout } = await pulumiCapture(inspectSession("dev", pulumi), ["stack", "--show-name"]);
  return code === 0 ? stdout.trim() : undefined;
}
