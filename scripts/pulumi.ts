import { readArguments } from "#toolchain/arguments.ts";
import { command } from "#toolchain/command.ts";
import { ensurePulumi } from "#toolchain/pulumi.ts";
import { openSession, pulumiForeground } from "#toolchain/session.ts";

// npm run pulumi -- <any Pulumi command>: with the right PATH, state and passphrase.
await command(async () => {
  const args = process.argv.slice(2);
  const { stack } = readArguments(args, process.env);
  return pulumiForeground(openSession(stack, await ensurePulumi()), args);
});
