import type { FaultDetails } from "#model/fault.ts";
import { rotations, type StackConfig } from "./schema.ts";

/** Keys that are part of the design and have no effect yet: refused, so that nobody relies on them. */
export function notBuiltFaults(config: StackConfig): FaultDetails[] {
  return [
    ...Object.keys(config.rotationPolicy ?? {}).map((key) =>
      refusal(`rotationPolicy.${key}`, "rotation is not built yet."),
    ),
    ...rotations
      .filter((what) => (config.rotation?.[what] ?? 1) !== 1)
      .map((what) => refusal(`rotation.${what}`, "rotation is not built yet; allowed is 1.")),
    ...(["trust", "use"] as const)
      .filter((step) => (config.rotation?.certificateAuthority?.[step] ?? 1) !== 1)
      .map((step) =>
        refusal(`rotation.certificateAuthority.${step}`, "rotation is not built yet; allowed is 1."),
      ),
    ...(config.postgres?.reach === "tunnel"
      ? [refusal("postgres.reach", "the tunnel is not built yet; allowed is published.")]
      : []),
  ];
}

function refusal(where: string, problem: string): FaultDetails {
  return { code: "SETTINGS_INVALID", where, problem, mend: `pulumi config rm --path '${where}'` };
}
