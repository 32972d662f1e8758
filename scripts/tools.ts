import { leadingStack } from "#toolchain/arguments.ts";
import { command } from "#toolchain/command.ts";
import { askEngine, endpointOf, requireAnswer } from "#toolchain/dockerEngine.ts";
import { ensurePulumi } from "#toolchain/pulumi.ts";
import { dockerChoice, isTerminal, openSession } from "#toolchain/session.ts";
import { toolsPlace } from "#toolchain/toolsPlace.ts";
import { runInTools } from "#toolchain/toolsShell.ts";

// npm run tools -- [--stack S] [COMMAND…]: a command, or a shell, in a container beside the stack: bash, jq, psql,
// every rendered file below /etc/kilocode/mcp, and the database by the DATABASE_URL of its .env.
await command(async () => {
  const { stack, rest } = leadingStack(process.argv.slice(2), process.env);
  const endpoint = endpointOf(dockerChoice(stack));
  requireAnswer(endpoint, await askEngine(endpoint));
  const place = await toolsPlace(openSession(stack, await ensurePulumi()));
  return runInTools(endpoint, place, rest.length === 0 ? ["bash"] : rest, isTerminal());
});
