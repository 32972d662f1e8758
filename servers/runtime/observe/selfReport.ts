import { X509Certificate } from "node:crypto";
import { access, constants, lstat, readdir } from "node:fs/promises";
import { paths } from "#model/names.ts";
import type { SelfReport } from "#model/selfReport.ts";
import type { Loaded } from "#servers/runtime/loadConfig.ts";
import { containerLimits, readText } from "./controlGroup.ts";
import { hasReadOnlyRoot, parseMountInfo } from "./mountInfo.ts";
import type { Mount } from "./mountInfo.ts";
import { parseProcStatus } from "./procStatus.ts";

/** What the process says of itself now: read anew each time, as it is what the kernel has in force. */
export async function selfReport(loaded: Loaded, version: string): Promise<SelfReport> {
  const [status, mountText, membership] = await Promise.all(
    ["status", "mountinfo", "cgroup"].map(async (name) => (await readText(`/proc/self/${name}`)) ?? ""),
  );
  const { uid, gid, effective, permitted, bounding, noNewPrivileges } = parseProcStatus(status!);
  const mounts = parseMountInfo(mountText!);
  const { cert, minVersion, ciphers } = loaded.tls;
  const certificate = new X509Certificate(String(cert));
  return {
    version,
    uid,
    gid,
    capabilities: { effective, permitted, bounding },
    noNewPrivileges,
    readOnlyRoot: hasReadOnlyRoot(mounts),
    limits: await containerLimits(membership!, mounts, readText),
    files: await deliveredFiles(loaded.files.id),
    writable: await writableMounts(mounts),
    environment: Object.keys(process.env).sort(),
    tls: {
      protocol: String(minVersion),
      suites: (ciphers ?? "").split(":"),
      certificateEnds: new Date(certificate.validTo).toISOString(),
      fingerprint: certificate.fingerprint256,
    },
    inForce: inForce(loaded),
  };
}

/** @param folder the version in force; its paths are told as in a container */
async function deliveredFiles(folder: string): Promise<SelfReport["files"]> {
  const names = ["", ...(await readdir(folder, { recursive: true })).sort()];
  const found = names.map(async (name) => {
    const { mode, uid } = await lstat(`${folder}/${name}`);
    const path = name === "" ? paths.files : `${paths.files}/${name}`;
    return { path, mode: (mode & 0o7777).toString(8).padStart(4, "0"), uid };
  });
  return Promise.all(found);
}

/** The kernel is asked, so that mode, owner and the mount's own options count as they do for a write. */
async function writableMounts(mounts: readonly Mount[]): Promise<string[]> {
  const points = [...new Set(mounts.map(({ point }) => point))];
  const asked = await Promise.all(
    points.map((point) =>
      access(point, constants.W_OK).then(
        () => [point],
        () => [],
      ),
    ),
  );
  return asked.flat().sort();
}

function inForce({ access: rules, config, logging }: Loaded): SelfReport["inForce"] {
  const { security } = config;
  return {
    authentication: rules.authentication.enabled && security.enableAuthentication,
    authorization: rules.authorization.enabled && security.enableAuthorization,
    rateLimit: rules.rateLimit.enabled && security.rateLimit.enabled,
    logging: logging.enabled && config.logging.enabled !== false,
    // Only compliance.json has a switch for it.
    audit: (security as { auditLogging?: boolean }).auditLogging !== false,
  };
}
