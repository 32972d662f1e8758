import fs from "node:fs";
import { pulumiCapture, type Session } from "../session.ts";
import { fail, ok, warn, type Check } from "./check.ts";

/** Whether the state can be reached, and where the passphrase comes from. */
export async function stateChecks(session: Session): Promise<Check[]> {
  const { backend } = session.state;
  const { code, stderr } = await pulumiCapture(session, ["stack", "ls", "--json"], 60);
  const reached =
    code === 0
      ? ok("state", "state", backend)
      : fail("state", "state", `${backend}: ${firstLine(stderr)}`, "check PULUMI_BACKEND_URL and your login");
  return [reached, passphrase(session)];
}

function firstLine(text: string): string {
  return (text.trim().split("\n")[0] ?? "").replace(/^error: /, "");
}

function passphrase({ state, stack }: Session): Check {
  const source = state.passphrase;
  if (source === undefined) {
    if (/^https?:/.test(state.backend))
      return ok("state", "passphrase", "not needed: the service keeps the keys");
    const mend = "set PULUMI_CONFIG_PASSPHRASE_FILE to a file that holds it";
    return warn("state", "passphrase", `none is set for ${stack}; Pulumi will ask`, mend);
  }
  const file = state.env.PULUMI_CONFIG_PASSPHRASE_FILE;
  if (file === undefined) return ok("state", "passphrase", `from ${source}`);
  if (!fs.existsSync(file)) {
    return warn("state", "passphrase", `${file} is not there yet`, "npm run up (generates it)");
  }
  const mode = fs.statSync(file).mode & 0o777;
  if ((mode & 0o077) === 0) return ok("state", "passphrase", `generated, in ${file}`);
  const found = `${file} can be read by others (mode ${mode.toString(8)})`;
  return fail("state", "passphrase", found, `chmod 600 ${file}`);
}
