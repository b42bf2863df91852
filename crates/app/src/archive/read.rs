use std::{
    collections::VecDeque,
    io::{BufRead, Read},
};

use model::{Collection, hex};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use store::{MAX_BODY, Record, StoredEvent};

use super::{
    Extent, NotAnArchive, kept,
    line::{DocumentLine, End, EventLine, FORMAT, Head},
    write::is_in,
};

/// Bytes that a line may have: a body and what stands around it.
const LONGEST: u64 = MAX_BODY as u64 + 4_096;

/// Reads an archive from its beginning and believes nothing that it has not checked. What it
/// answers can be relied on only after the end was reached.
pub(super) struct Reader<R> {
    input: R,
    line: u64,
    hash: Sha256,
    extent: Extent,
    /// Collections that may still come.
    collections: VecDeque<&'static Collection>,
    last: Option<store::Key>,
    documents: u64,
    events: u64,
    /// Read ahead to see where a stream ends.
    ahead: Option<Vec<u8>>,
}

/// A document with its events.
pub(super) struct Whole {
    pub(super) record: Record,
    pub(super) events: Vec<StoredEvent>,
}

impl<R: BufRead> Reader<R> {
    pub(super) fn new(input: R) -> Result<Self, NotAnArchive> {
        let mut reader = Self {
            input,
            line: 0,
            hash: Sha256::new(),
            extent: Extent::Everything,
            collections: kept().collect(),
            last: None,
            documents: 0,
            events: 0,
            ahead: None,
        };
        let first = reader.read_line()?.ok_or(NotAnArchive::Truncated)?;
        let head: Head = reader.parse(&first).map_err(|_| reader.wrong("this is no archive"))?;
        if head.wrkbelt_archive != FORMAT {
            let format = head.wrkbelt_archive;
            let reason = format!("it has format {format}, and this version reads {FORMAT}");
            return Err(reader.wrong(&reason));
        }
        if let Some(organization) = head.organization_id {
            reader.extent = Extent::Organization(organization);
        }
        reader.hash.update(&first);
        Ok(reader)
    }

    pub(super) fn extent(&self) -> Extent {
        self.extent
    }

    pub(super) fn documents(&self) -> u64 {
        self.documents
    }

    pub(super) fn events(&self) -> u64 {
        self.events
    }

    /// Of the lines that were read, in hexadecimal.
    pub(super) fn sha256(&self) -> String {
        hex(&self.hash.clone().finalize())
    }

    /// The next document; `None` when the end was reached and fits.
    pub(super) fn next(&mut self) -> Result<Option<Whole>, NotAnArchive> {
        let line = match self.ahead.take() {
            Some(line) => line,
            None => self.read_line()?.ok_or(NotAnArchive::Truncated)?,
        };
        if line.starts_with(br#"{"documents":"#) {
            self.end(&line)?;
            return Ok(None);
        }
        self.hash.update(&line);
        let document: DocumentLine<'_> = self.parse(&line)?;
        let collection = self.collection(&document.collection)?;
        let record = document.into_record(collection.name);
        self.check(&record)?;
        self.documents += 1;
        let mut events = Vec::new();
        if collection.events.is_some() {
            self.read_events(&record, &mut events)?;
        }
        Ok(Some(Whole { record, events }))
    }

    fn read_events(
        &mut self,
        stream: &Record,
        events: &mut Vec<StoredEvent>,
    ) -> Result<(), NotAnArchive> {
        loop {
            let line = self.read_line()?.ok_or(NotAnArchive::Truncated)?;
            if !line.starts_with(br#"{"sequence":"#) {
                self.ahead = Some(line);
                break;
            }
            self.hash.update(&line);
            let event: EventLine<'_> = self.parse(&line)?;
            if event.sequence != events.len() as u64 + 1 {
                let reason = format!("event {} does not follow the one before", event.sequence);
                return Err(self.wrong(&reason));
            }
            events.push(event.into_event());
            self.events += 1;
        }
        if events.len() as u64 == stream.version {
            return Ok(());
        }
        let (id, version, count) = (stream.key.id, stream.version, events.len());
        Err(self.wrong(&format!("{id} is at version {version} and has {count} events")))
    }

    /// Collections come in the order of their declaration, each once.
    fn collection(&mut self, name: &str) -> Result<&'static Collection, NotAnArchive> {
        while let Some(next) = self.collections.front() {
            if next.name == name {
                return Ok(next);
            }
            self.collections.pop_front();
        }
        Err(self.wrong(&format!("there is no collection `{name}`, or not here")))
    }

    fn check(&mut self, record: &Record) -> Result<(), NotAnArchive> {
        let key = record.key;
        let follows = self.last.is_none_or(|last| {
            last.collection != key.collection || (last.owner, last.id) < (key.owner, key.id)
        });
        if !follows {
            return Err(self.wrong(&format!("{} {} is out of order", key.collection, key.id)));
        }
        if !is_in(record, self.extent) {
            let reason = format!("{} {} is not the organization's", key.collection, key.id);
            return Err(self.wrong(&reason));
        }
        if let Err(reason) = model::read(key.collection, record.body.as_str()) {
            return Err(self.wrong(&format!("{} {}: {reason}", key.collection, key.id)));
        }
        self.last = Some(key);
        Ok(())
    }

    fn end(&mut self, line: &[u8]) -> Result<(), NotAnArchive> {
        let end: End = self.parse(line)?;
        let counts = (end.documents, end.events) == (self.documents, self.events);
        if !counts || end.sha256 != self.sha256() {
            return Err(NotAnArchive::Altered);
        }
        if self.read_line()?.is_some() {
            return Err(self.wrong("something stands behind the end"));
        }
        Ok(())
    }

    /// With its line feed; `None` at the end of the file.
    fn read_line(&mut self) -> Result<Option<Vec<u8>>, NotAnArchive> {
        let mut line = Vec::new();
        self.input.by_ref().take(LONGEST).read_until(b'\n', &mut line)?;
        self.line += 1;
        match line.last() {
            None => Ok(None),
            Some(b'\n') => Ok(Some(line)),
            Some(_) if line.len() as u64 == LONGEST => Err(self.wrong("it is too long")),
            Some(_) => Err(NotAnArchive::Truncated),
        }
    }

    fn parse<'a, T: Deserialize<'a>>(&self, line: &'a [u8]) -> Result<T, NotAnArchive> {
        serde_json::from_slice(line).map_err(|error| self.wrong(&error.to_string()))
    }

    fn wrong(&self, reason: &str) -> NotAnArchive {
        NotAnArchive::Line { line: self.line, reason: reason.to_owned() }
    }
}
