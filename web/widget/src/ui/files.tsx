import { useEffect, useRef, useState } from "preact/hooks";
import css from "../styles/files.css?inline";
import { fileTextsFor } from "../texts/files";
import { type FileFault, faultOf, sendFile } from "../upload";
import { useStep } from "./context";
import { Drawing } from "./icons";
import { Primary } from "./parts";

export const styles = css;

export interface FilesProps {
  /** Says whether files are on their way: until then nobody should go on. */
  onSending?: (sending: boolean) => void;
  /** Of a question: the visitor has added what they want. */
  onDone?: () => void;
}

/** A file that is not there yet. */
interface Pending {
  key: number;
  file: File;
  /** How much of it was sent, from 0 to 1. */
  part: number;
  /** Why it is not sent; `again` when that may change. */
  fault?: { text: string; again: boolean };
}

const ICONS = {
  add: "M12 5v14M5 12h14",
  again: "M19 8a8 8 0 1 0 1 6M19.500 3.500V8H15",
  camera:
    "M4 8h3.500L9 5.500h6L16.500 8H20v11H4zM12 10a3.500 3.500 0 1 0 0 7 3.500 3.500 0 0 0 0-7z",
  file: "M6 3.500h8l4 4v13H6zM14 3.500v4h4",
  remove: "M6 6l12 12M18 6L6 18",
};

/** Files that this page has sent, by their ids: what they look like. */
const pictures = new Map<string, File>();
let keys = 0;

/** Photos and documents that the visitor adds where they are. */
export function Files({ onSending, onDone }: FilesProps) {
  const { conversation, state, view, t, locale } = useStep();
  const words = fileTextsFor(locale);
  const [pending, setPending] = useState<Pending[]>([]);
  const [told, setTold] = useState("");
  const [missing, setMissing] = useState(false);
  const picker = useRef<HTMLInputElement>(null);
  const queue = useRef(Promise.resolve());
  const limits = view.upload ?? { max_files: 0, max_bytes: 0, mime_types: [] };
  const node = view.question?.node_id ?? null;
  const here = view.selections.files.filter(
    (file) => file.step_id === view.step.id && (file.node_id ?? null) === node,
  );
  const megabytes = Math.max(1, Math.floor(limits.max_bytes / 1e6));
  const sending = pending.some((it) => !it.fault);
  const onlyPhotos = limits.mime_types.every((type) => type.startsWith("image/"));

  useEffect(() => onSending?.(sending), [sending]);

  const change = (key: number, what: Partial<Pending>) =>
    setPending((all) => all.map((it) => (it.key === key ? { ...it, ...what } : it)));
  const drop = (key: number) => setPending((all) => all.filter((it) => it.key !== key));

  const send = async ({ key, file }: Pending) => {
    const session = conversation.session;
    if (!session) return;
    const sent = await sendFile(conversation.api.base, session, file, (part) =>
      change(key, { part }),
    );
    if (sent === "unreachable") {
      change(key, { fault: { text: words.notSent, again: true } });
    } else if ("id" in sent) {
      pictures.set(sent.id, file);
      await conversation.send({ type: "attach_file", file_id: sent.id });
      drop(key);
      setTold(words.addedFile(file.name));
    } else {
      change(key, { fault: { text: sent.refused ?? words.wrongKind, again: false } });
    }
  };
  const enqueue = (file: Pending) => {
    queue.current = queue.current.then(() => send(file));
  };
  const again = (file: Pending) => {
    const fresh = { key: file.key, file: file.file, part: 0 };
    setPending((all) => all.map((it) => (it.key === file.key ? fresh : it)));
    enqueue(fresh);
  };

  useEffect(() => {
    const online = () => pending.filter((it) => it.fault?.again).forEach(again);
    window.addEventListener("online", online);
    return () => window.removeEventListener("online", online);
  }, [pending]);

  const faultText = (fault: FileFault) =>
    ({
      kind: words.wrongKind,
      size: words.fileTooLarge(megabytes),
      count: words.tooMany(limits.max_files),
    })[fault];

  const add = (input: HTMLInputElement) => {
    let there = here.length + pending.filter((it) => !it.fault || it.fault.again).length;
    const added = [...(input.files ?? [])].map((file): Pending => {
      const fault = faultOf(file, there, limits);
      if (!fault) there += 1;
      keys += 1;
      return {
        key: keys,
        file,
        part: 0,
        ...(fault && { fault: { text: faultText(fault), again: false } }),
      };
    });
    input.value = "";
    setMissing(false);
    setPending((all) => [...all.filter((it) => !it.fault || it.fault.again), ...added]);
    for (const file of added) if (!file.fault) enqueue(file);
  };

  const remove = async (id: string, name: string) => {
    await conversation.send({ type: "remove_file", file_id: id });
    setTold(words.removedFile(name));
    picker.current?.focus();
  };
  const done = () => {
    if (sending) return;
    if (view.question?.required && !here.length) setMissing(true);
    else onDone?.();
  };

  const full = here.length >= limits.max_files;
  const input = (capture: boolean) => (
    <label class={`secondary pick${full ? " off" : ""}`}>
      <Drawing path={capture ? ICONS.camera : ICONS.add} />
      <span>{capture ? words.takePhoto : onlyPhotos ? words.addPhotos : words.addFiles}</span>
      <input
        ref={capture ? undefined : picker}
        type="file"
        disabled={full}
        accept={capture ? "image/*" : limits.mime_types.join(",")}
        multiple={!capture && limits.max_files > 1}
        {...(capture && { capture: "environment" })}
        aria-describedby="files-limits"
        onChange={(event) => add(event.currentTarget)}
      />
    </label>
  );
  return (
    <div class="files">
      {here.length + pending.length > 0 && (
        <ul class="file-list">
          {here.map((file) => (
            <li key={file.id} class="file">
              <Thumb file={pictures.get(file.id)} />
              <span class="file-name">{file.filename}</span>
              <IconButton
                icon="remove"
                label={words.removeFile(file.filename)}
                onClick={() => remove(file.id, file.filename)}
              />
            </li>
          ))}
          {pending.map((it) => (
            <li key={it.key} class={it.fault ? "file faulty" : "file"}>
              <Thumb file={it.file} />
              <span class="file-name">
                {it.file.name}
                {it.fault ? (
                  <small class="error" role="alert">
                    {it.fault.text}
                  </small>
                ) : (
                  <progress
                    aria-label={words.sendingFile(it.file.name)}
                    {...(it.part > 0 && { value: it.part })}
                  />
                )}
              </span>
              {it.fault?.again && (
                <IconButton
                  icon="again"
                  label={words.resendFile(it.file.name)}
                  onClick={() => again(it)}
                />
              )}
              {it.fault && (
                <IconButton
                  icon="remove"
                  label={words.removeFile(it.file.name)}
                  onClick={() => {
                    drop(it.key);
                    picker.current?.focus();
                  }}
                />
              )}
            </li>
          ))}
        </ul>
      )}
      <div class="pickers">
        {matchMedia("(pointer: coarse)").matches && input(true)}
        {input(false)}
      </div>
      <p class="small" id="files-limits">
        {words.upTo(limits.max_files, megabytes)}
      </p>
      <span class="unseen" role="status">
        {told}
      </span>
      {missing && (
        <p class="error" role="alert">
          {words.photoNeeded}
        </p>
      )}
      {onDone && (
        <div class="actions">
          <Primary busy={sending || state.busy?.type === "answer_question"} onClick={done}>
            {sending
              ? words.waitForFiles
              : view.question?.required || here.length
                ? t.continue
                : words.goOnWithout}
          </Primary>
        </div>
      )}
    </div>
  );
}

interface IconButtonProps {
  icon: "remove" | "again";
  label: string;
  onClick(): void;
}

function IconButton({ icon, label, onClick }: IconButtonProps) {
  return (
    <button type="button" class="file-button" aria-label={label} onClick={onClick}>
      <Drawing path={ICONS[icon]} />
    </button>
  );
}

const SIDE = 96;

/** What a picture looks like, small: drawn, because a page may forbid images that have no address. */
function Thumb({ file }: { file: File | undefined }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [drawn, setDrawn] = useState(false);
  useEffect(() => {
    if (!file?.type.startsWith("image/")) return;
    createImageBitmap(file)
      .then((picture) => {
        const scale = SIDE / Math.min(picture.width, picture.height);
        const [width, height] = [picture.width * scale, picture.height * scale];
        const pen = canvas.current?.getContext("2d");
        pen?.drawImage(picture, (SIDE - width) / 2, (SIDE - height) / 2, width, height);
        picture.close();
        setDrawn(!!pen);
      })
      // What this browser cannot draw has a sign in its place.
      .catch(() => {});
  }, [file]);
  return (
    <span class="thumb" aria-hidden="true">
      <canvas ref={canvas} width={SIDE} height={SIDE} hidden={!drawn} />
      {!drawn && <Drawing path={ICONS.file} />}
    </span>
  );
}
