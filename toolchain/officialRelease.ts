import fs from "node:fs";
import path from "node:path";
import { EnvHttpProxyAgent, fetch } from "undici";
import { cacheFolder } from "./cacheFolder.mjs";
import { withLock } from "./lock.mjs";
import { projectRoot, pulumiVersion } from "./pins.ts";
import { say, step } from "./progress.ts";
import { capture } from "./run.ts";

const site = "https://get.pulumi.com/install.sh";

function folderOf(env: NodeJS.ProcessEnv): string {
  return path.join(cacheFolder(env), "pulumi", pulumiVersion);
}

/** Folder with the official release's programs, if it was installed by this project before. */
export function officialBin(env: NodeJS.ProcessEnv): string | undefined {
  const bin = path.join(folderOf(env), "bin");
  return fs.existsSync(path.join(bin, "pulumi")) ? bin : undefined;
}

/** True if the download site delivers within five seconds: a link that hangs must not hang the set-up. */
export async function siteAnswers(url = site): Promise<boolean> {
  const dispatcher = new EnvHttpProxyAgent();
  try {
    const response = await fetch(url, { dispatcher, signal: AbortSignal.timeout(5000) });
    const text = await response.text();
    return response.ok && text.startsWith("#!");
  } catch {
    return false;
  } finally {
    await dispatcher.destroy();
  }
}

/**
 * Installs the official release with the SDK's own installer into this project's cache. Undefined if that
 * fails or takes longer than ten minutes; a half installed one is never used.
 */
export async function installOfficial(env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const folder = folderOf(env);
  const install = async () => {
    if (officialBin(env) !== undefined) return;
    const draft = `${folder}.part`;
    fs.rmSync(draft, { recursive: true, force: true });
    say(`Installing Pulumi ${pulumiVersion} (official release, about 0.4 GB) into ${folder}`);
    const installer = path.join(projectRoot, "toolchain", "runInstaller.ts");
    const { code } = await step(
      `Pulumi ${pulumiVersion}`,
      () => capture(process.execPath, [installer, draft], { env, timeoutSeconds: 600 }),
      (result) => result.code === 0,
    );
    if (code === 0) fs.renameSync(draft, folder);
    else fs.rmSync(draft, { recursive: true, force: true });
  };
  await withLock(`${folder}.lock`, install, (pid) =>
    say(`Waiting for process ${pid}, which installs Pulumi …`),
  );
  return officialBin(env);
}
