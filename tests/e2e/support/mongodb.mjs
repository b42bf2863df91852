import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { MongoClient } from "mongodb";

const root = join(dirname(fileURLToPath(import.meta.url)), "../../..");

/** A replica set of one member, with a database for one demo server. */
export class MongoDb {
  #process;
  #folder = mkdtempSync(join(tmpdir(), "wrkbelt-mongodb-"));
  url;

  static async start() {
    const database = new MongoDb();
    const port = await freePort();
    const mongod = execFileSync(join(root, "tools/mongod")).toString().trim();
    const options = ["--replSet", "rs0", "--bind_ip", "127.0.0.1", "--nounixsocket"];
    database.#process = spawn(
      mongod,
      [...options, "--port", `${port}`, "--dbpath", database.#folder],
      { stdio: "ignore" },
    );
    const client = new MongoClient(`mongodb://127.0.0.1:${port}/?directConnection=true`);
    try {
      const members = [{ _id: 0, host: `127.0.0.1:${port}` }];
      await client.db("admin").command({ replSetInitiate: { _id: "rs0", members } });
    } finally {
      await client.close();
    }
    database.url = `mongodb://127.0.0.1:${port}/demo?replicaSet=rs0`;
    return database;
  }

  async stop() {
    this.#process.kill("SIGKILL");
    await once(this.#process, "exit");
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  return port;
}
