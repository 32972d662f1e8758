import { readArguments } from "#toolchain/arguments.ts";
import { command } from "#toolchain/command.ts";
import { explainFailure, openSession, pulumiForeground, setUp } from "#toolchain/session.ts";
import { ensureStack } from "#toolchain/stack.ts";

// npm run preview [-- --stack prod --diff …]: what `npm run up` would change.
await command(async () => {
  const args = readArguments(process.argv.slice(2), process.env);
  const session = openSession(args.stack, await setUp(args.stack));
  await ensureStack(session);
  const code = await pulumiForeground(session, ["preview", "--stack", session.stack, ...args.rest]);
  if (code !== 0) await explainFailure(session);
  return code;
});
