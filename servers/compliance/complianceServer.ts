import { complianceFile } from "#model/files/schema/compliance.ts";
import type { ComplianceFile } from "#model/files/schema/compliance.ts";
import { furtherLogin } from "#servers/runtime/furtherLogin.ts";
import type { Loaded } from "#servers/runtime/loadConfig.ts";
import type {
  PreparedParts,
  ServerContext,
  ServerDefinition,
  ServerParts,
} from "#servers/runtime/runServer.ts";
import { openChannels } from "./alerts/openChannels.ts";
import { openCompliance } from "./compliance.ts";

const handoverMilliseconds = 2000;

/** Rules over this deployment: checked on demand and on schedule, with fixes that somebody else approves. */
export const complianceServer: ServerDefinition<ComplianceFile> = {
  name: "compliance",
  instructions:
    "Checks this deployment against rules. run_checks checks now, get_results and get_score tell what was found, propose_fix what mends it. A fix is applied only after another user has approved it.",
  schema: complianceFile,
  prepare,
};

/** What a version put into force; the next one ends its schedule at once. */
interface ComplianceParts extends ServerParts {
  endSchedule(): void;
}

async function prepare(loaded: Loaded<ComplianceFile>, context: ServerContext): Promise<PreparedParts> {
  const { config, files } = loaded;
  const fixer = await furtherLogin(loaded, config.database.fixer);
  const channels = await openChannels(config, files);
  return {
    activate(previous): ComplianceParts {
      if (previous) {
        (previous as ComplianceParts).endSchedule();
        // Calls under way keep what they have.
        setTimeout(() => void previous.close(), handoverMilliseconds).unref();
      }
      return openCompliance(loaded, { ...context, fixer, channels });
    },
  };
}
