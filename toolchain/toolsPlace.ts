import { Fault } from "#model/fault.ts";
import { pulumiCapture, type Session } from "./session.ts";

/** What a shell beside a stack is made from. */
export interface ToolsPlace {
  readonly image: string;
  readonly volume: string;
  readonly network: string;
  /** Of every Docker object of the stack. */
  readonly labels: Readonly<Record<string, string>>;
}

interface Exported {
  readonly deployment?: {
    readonly resources?: readonly {
      readonly urn: string;
      readonly outputs?: Readonly<Record<string, unknown>>;
    }[];
  };
}

const volumeSuffix = "-tools-files";

/**
 * Reads it from the stack's state; nothing secret is read.
 *
 * @throws Fault STACK_ABSENT if the stack has no such volume.
 */
export async function toolsPlace(session: Session): Promise<ToolsPlace> {
  const { code, stdout } = await pulumiCapture(session, ["stack", "export", "--stack", session.stack]);
  const place = code === 0 ? toolsPlaceOf(stdout) : undefined;
  if (place) return place;
  throw stackAbsent(session.stack);
}

/** @param text of `pulumi stack export` */
export function toolsPlaceOf(text: string): ToolsPlace | undefined {
  const { deployment } = JSON.parse(text) as Exported;
  const files = deployment?.resources?.find(({ urn }) => urn.endsWith("kilocode:Files::tools-files"));
  const { image, volume, labels } = (files?.outputs ?? {}) as Partial<Omit<ToolsPlace, "network">>;
  if (image === undefined || labels === undefined || volume?.endsWith(volumeSuffix) !== true)
    return undefined;
  return { image, volume, labels, network: `${volume.slice(0, -volumeSuffix.length)}-network` };
}

/** A command that works on what is there met a stack that was never brought up, or is down. */
export function stackAbsent(stack: string): Fault {
  return new Fault({
    code: "STACK_ABSENT",
    where: `stack ${stack}`,
    problem: "there is nothing of the stack in the state: it was never brought up, or is down",
    mend: `npm run up -- --stack ${stack}`,
  });
}
