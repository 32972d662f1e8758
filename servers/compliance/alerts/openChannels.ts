import type { ComplianceFile } from "#model/files/schema/compliance.ts";
import { FileRefused } from "#servers/runtime/fileRefused.ts";
import type { FilesVersion } from "#servers/runtime/filesVersion.ts";
import type { Channel } from "./alert.ts";
import { emailChannel, emailForm, readMailbox } from "./email.ts";
import { readWebhook, slackChannel, webhookForm } from "./slack.ts";

const secretsFolder = "file:/run/kilocode/secrets/";

/**
 * The channels that a version of the files names.
 *
 * @throws FileRefused if one has no secret, or none of its form; never quoting it
 */
export async function openChannels(config: ComplianceFile, files: FilesVersion): Promise<Channel[]> {
  const ca = await files.read(config.database.ssl.ca);
  return Promise.all(
    config.compliance.notificationChannels.map(async (channel): Promise<Channel> => {
      if (channel === "email") {
        const mailbox = readMailbox(await files.secret(`${secretsFolder}smtp`));
        if (mailbox) return emailChannel(mailbox, ca);
        throw new FileRefused("/run/kilocode/secrets/smtp", `is not of the form ${emailForm}`);
      }
      const webhook = readWebhook(await files.secret(`${secretsFolder}slack`));
      if (webhook) return slackChannel(webhook);
      throw new FileRefused("/run/kilocode/secrets/slack", `is not of the form ${webhookForm}`);
    }),
  );
}
