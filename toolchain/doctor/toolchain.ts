import { siteAnswers } from "../officialRelease.ts";
import type { Pulumi } from "../pulumi.ts";
import { capture } from "../run.ts";
import { fail, ok, warn, type Check } from "./check.ts";

const origin = {
  path: "your own, on PATH",
  official: "official release, installed by this project",
  built: "built from Go modules by this project",
} as const;

/** Whether there is a Pulumi, or a way to one. */
export async function toolchainChecks(pulumi: Pulumi | undefined): Promise<Check[]> {
  if (pulumi === undefined) return [await missing()];
  const { code, stdout } = await capture(pulumi.pulumi, ["version"], { env: pulumi.env, timeoutSeconds: 20 });
  const found = `${stdout.trim()} (${origin[pulumi.source]}: ${pulumi.pulumi})`;
  if (code === 0) return [ok("toolchain", "Pulumi", found)];
  return [
    fail("toolchain", "Pulumi", `${pulumi.pulumi} does not start`, "remove its folder, then npm run up"),
  ];
}

async function missing(): Promise<Check> {
  if (await siteAnswers()) {
    return warn("toolchain", "Pulumi", "not installed; get.pulumi.com answers", "npm run up (downloads it)");
  }
  const { code } = await capture("go", ["version"], { timeoutSeconds: 20 });
  if (code === 0) {
    const found = "not installed; get.pulumi.com does not answer; Go is there";
    return warn("toolchain", "Pulumi", found, "npm run up (builds it, about 10 minutes)");
  }
  return fail(
    "toolchain",
    "Pulumi",
    "not installed; get.pulumi.com does not answer, and there is no Go to build it with",
    "install Pulumi (https://www.pulumi.com/docs/iac/download-install/) or Go (https://go.dev/dl/)",
  );
}
