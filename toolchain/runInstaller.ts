// node runInstaller.ts <folder>: the SDK's installer in a process of its own, so that a download that hangs
// can be ended; the SDK sets it no time limit. It installs the version of the SDK itself.
import { PulumiCommand } from "@pulumi/pulumi/automation/index.js";

const [root] = process.argv.slice(2);
if (root === undefined) throw new Error("usage: runInstaller.ts <folder>");
await PulumiCommand.install({ root });
