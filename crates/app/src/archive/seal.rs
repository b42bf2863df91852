use std::{
    fs::File,
    io::{self, BufRead, BufReader, ErrorKind, Read, Write},
    path::Path,
    str::FromStr,
};

use aead_stream::{DecryptorBE32, EncryptorBE32};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, aead::Payload};
use sha2::{Digest, Sha256};

use super::NotAnArchive;
use crate::environment::random;

/// A sealed file: this, the key's fingerprint, a random nonce, then chunks, each encrypted and
/// authenticated together with its place and whether it is the last.
const MAGIC: &[u8; 16] = b"wrkbelt sealed 1";
const FINGERPRINT: usize = 8;
const NONCE: usize = 19;
const HEAD: usize = MAGIC.len() + FINGERPRINT + NONCE;
const CHUNK: usize = 64 * 1024;
const TAG: usize = 16;

/// The secret that backups are sealed with: 256 bits.
#[derive(Clone)]
pub struct BackupKey([u8; 32]);

impl FromStr for BackupKey {
    type Err = &'static str;

    /// 64 hexadecimal digits.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const WRONG: &str = "a backup key is 64 hexadecimal digits";
        let text = text.trim();
        if text.len() != 64 || !text.is_ascii() {
            return Err(WRONG);
        }
        let mut key = [0; 32];
        for (byte, digits) in key.iter_mut().zip(text.as_bytes().chunks(2)) {
            let digits = str::from_utf8(digits).map_err(|_| WRONG)?;
            *byte = u8::from_str_radix(digits, 16).map_err(|_| WRONG)?;
        }
        Ok(Self(key))
    }
}

impl BackupKey {
    /// Tells keys apart without telling the key.
    fn fingerprint(&self) -> [u8; FINGERPRINT] {
        let mut hash = Sha256::new();
        hash.update(b"wrkbelt backup key fingerprint");
        hash.update(self.0);
        let mut fingerprint = [0; FINGERPRINT];
        fingerprint.copy_from_slice(&hash.finalize()[..FINGERPRINT]);
        fingerprint
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(&self.0.into())
    }
}

/// Seals what is written through it. Without [`SealedWriter::finish`] the file counts as cut off.
pub struct SealedWriter<W> {
    out: W,
    head: [u8; HEAD],
    encryptor: EncryptorBE32<XChaCha20Poly1305>,
    chunk: Vec<u8>,
}

impl<W: Write> SealedWriter<W> {
    /// # Errors
    /// When `out` takes nothing.
    pub fn new(mut out: W, key: &BackupKey) -> io::Result<Self> {
        let nonce: [u8; NONCE] = random();
        let mut head = [0; HEAD];
        head[..MAGIC.len()].copy_from_slice(MAGIC);
        head[MAGIC.len()..HEAD - NONCE].copy_from_slice(&key.fingerprint());
        head[HEAD - NONCE..].copy_from_slice(&nonce);
        out.write_all(&head)?;
        let encryptor = EncryptorBE32::from_aead(key.cipher(), &nonce.into());
        Ok(Self { out, head, encryptor, chunk: Vec::with_capacity(CHUNK) })
    }

    /// Writes the last chunk, and gives back what was written to.
    ///
    /// # Errors
    /// When `out` takes no more.
    pub fn finish(mut self) -> io::Result<W> {
        let payload = Payload { msg: &self.chunk, aad: &self.head };
        let sealed = self.encryptor.encrypt_last(payload).map_err(io::Error::other)?;
        self.out.write_all(&sealed)?;
        self.out.flush()?;
        Ok(self.out)
    }
}

impl<W: Write> Write for SealedWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.chunk.len() == CHUNK {
            let payload = Payload { msg: &self.chunk, aad: &self.head };
            let sealed = self.encryptor.encrypt_next(payload).map_err(io::Error::other)?;
            self.out.write_all(&sealed)?;
            self.chunk.clear();
        }
        let taken = bytes.len().min(CHUNK - self.chunk.len());
        self.chunk.extend_from_slice(&bytes[..taken]);
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

struct SealedReader<R> {
    input: R,
    head: [u8; HEAD],
    /// `None` behind the last chunk.
    decryptor: Option<DecryptorBE32<XChaCha20Poly1305>>,
    opened: io::Cursor<Vec<u8>>,
}

impl<R: BufRead> Read for SealedReader<R> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        while self.opened.position() == self.opened.get_ref().len() as u64 {
            let Some(mut decryptor) = self.decryptor.take() else { return Ok(0) };
            let mut sealed = Vec::with_capacity(CHUNK + TAG);
            self.input.by_ref().take((CHUNK + TAG) as u64).read_to_end(&mut sealed)?;
            let payload = Payload { msg: &sealed, aad: &self.head };
            let altered =
                |_| io::Error::new(ErrorKind::InvalidData, "it was cut off, altered or damaged");
            let opened = if self.input.fill_buf()?.is_empty() {
                decryptor.decrypt_last(payload).map_err(altered)?
            } else {
                let opened = decryptor.decrypt_next(payload).map_err(altered)?;
                self.decryptor = Some(decryptor);
                opened
            };
            self.opened = io::Cursor::new(opened);
        }
        self.opened.read(bytes)
    }
}

/// Opens an archive, sealed or not.
///
/// # Errors
/// [`NotAnArchive::Sealed`] and [`NotAnArchive::WrongKey`]; what else is wrong is found on reading.
pub fn open_archive(
    path: &Path,
    key: Option<&BackupKey>,
) -> Result<Box<dyn BufRead + Send>, NotAnArchive> {
    let mut input = BufReader::with_capacity(CHUNK, File::open(path)?);
    if !input.fill_buf()?.starts_with(MAGIC) {
        return if key.is_none() { Ok(Box::new(input)) } else { Err(NotAnArchive::NotSealed) };
    }
    let mut head = [0; HEAD];
    input.read_exact(&mut head).map_err(|_| NotAnArchive::Truncated)?;
    let key = key.ok_or(NotAnArchive::Sealed)?;
    if head[MAGIC.len()..HEAD - NONCE] != key.fingerprint() {
        return Err(NotAnArchive::WrongKey);
    }
    let mut nonce = [0; NONCE];
    nonce.copy_from_slice(&head[HEAD - NONCE..]);
    let decryptor = Some(DecryptorBE32::from_aead(key.cipher(), &nonce.into()));
    let opened = io::Cursor::new(Vec::new());
    Ok(Box::new(BufReader::new(SealedReader { input, head, decryptor, opened })))
}
