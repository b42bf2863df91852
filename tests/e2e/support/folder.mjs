import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";

const MAIL_MS = 15_000;
const POLL_MS = 100;

/** An empty folder with a store in it, and beside that the mails that nobody gets. */
export class Folder {
  #path;

  static async make() {
    const folder = new Folder();
    folder.#path = await mkdtemp(join(tmpdir(), "wrkbelt-e2e-"));
    folder.url = `sqlite://${join(folder.#path, "wrkbelt.db")}`;
    return folder;
  }

  stop() {
    return rm(this.#path, { recursive: true });
  }

  /** The link in the text of the mail to an address, once there is one. */
  async linkTo(address) {
    const folder = join(this.#path, "mail");
    for (const end = Date.now() + MAIL_MS; Date.now() < end; await setTimeout(POLL_MS)) {
      const names = await readdir(folder).catch(() => []);
      for (const name of names.filter((it) => it.endsWith(".eml"))) {
        const mail = decoded(await readFile(join(folder, name), "utf8"));
        const link = mail.match(/http\S+#token=[\w-]+/);
        if (link && new RegExp(`^To: .*${address}`, "m").test(mail)) return link[0];
      }
    }
    throw new Error(`no mail to ${address} has a link`);
  }
}

/** Without the line ends and the escapes of quoted-printable. */
function decoded(mail) {
  return mail.replace(/=\r?\n/g, "").replace(/=3D/g, "=");
}
