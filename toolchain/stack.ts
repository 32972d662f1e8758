import { Fault } from "#model/fault.ts";
import { pulumiCapture, type Session } from "./session.ts";
import { saysWrongPassphrase, wrongPassphrase } from "./state.ts";

/**
 * Makes the stack if the state does not have it.
 * @throws Fault PASSPHRASE_WRONG or STATE_UNREADABLE
 */
export async function ensureStack(session: Session): Promise<void> {
  const { code, stderr } = await pulumiCapture(session, ["stack", "select", "--create", session.stack]);
  if (code === 0) return;
  if (saysWrongPassphrase(stderr)) throw wrongPassphrase(session.state, session.stack);
  throw new Fault({
    code: "STATE_UNREADABLE",
    where: `stack ${session.stack} in ${session.state.backend}`,
    problem: stderr.trim().replace(/^error: /, ""),
    mend: "check the address of the state (PULUMI_BACKEND_URL) and your login (`npm run pulumi -- whoami -v`)",
  });
}

/** True if the state has the stack; never makes one. */
export async function stackExists(session: Session): Promise<boolean> {
  const { code } = await pulumiCapture(session, ["stack", "--stack", session.stack, "--show-name"]);
  return code === 0;
}
