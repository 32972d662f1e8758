import { outColours } from "#toolchain/colours.ts";
import { Fault } from "#model/fault.ts";
import { readArguments, takeFlag } from "#toolchain/arguments.ts";
import { command } from "#toolchain/command.ts";
import { fail, type Check } from "#toolchain/doctor/check.ts";
import { engineChecks } from "#toolchain/doctor/engine.ts";
import { machineChecks } from "#toolchain/doctor/machine.ts";
import { report, reportJson } from "#toolchain/doctor/report.ts";
import { stackChecks } from "#toolchain/doctor/stack.ts";
import { stateChecks } from "#toolchain/doctor/state.ts";
import { toolchainChecks } from "#toolchain/doctor/toolchain.ts";
import { findPulumi } from "#toolchain/pulumi.ts";
import { inspectSession } from "#toolchain/session.ts";

// npm run doctor [-- --stack prod --json]: what is wrong, and what mends it. Changes nothing.
await command(async () => {
  const { args, found: json } = takeFlag(readArguments(process.argv.slice(2), process.env), "--json");
  const checks = await look(args.stack);
  console.log(json ? reportJson(checks) : report(checks, outColours));
  return checks.some(({ level }) => level === "FAIL") ? 1 : 0;
});

async function look(stack: string): Promise<Check[]> {
  const pulumi = await findPulumi();
  const checks = [...machineChecks(), ...(await engineChecks(stack)), ...(await toolchainChecks(pulumi))];
  if (pulumi === undefined) return checks;
  try {
    const session = inspectSession(stack, pulumi);
    return [...checks, ...(await stateChecks(session)), ...(await stackChecks(session))];
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    return [...checks, fail("state", "state", error.problem, error.mend)];
  }
}
