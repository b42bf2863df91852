//! Files that visitors add: to what they belong, and when they go.

use std::{collections::BTreeMap, fs};

use app::{
    Environment, Error, Files, FilesAt, MailFolder, Mailer, Mailing, NewFile, Outside, SystemDoor,
    Tenant,
};
use futures_util::stream;
use model::{
    Doc,
    core::{AccessLevel, File, FileStatus},
    scheduler::Booking,
    step::StepType,
};
use serde_json::json;
use tempfile::TempDir;

use crate::{flows, migrations::migrate, visitor::Visitor, world::World};

on_both! {
    a_booking_has_the_files_that_were_added,
    what_is_not_attached_or_not_booked_goes,
    only_ones_own_files_can_be_added_and_only_where_they_are_asked_for,
}

struct Place {
    world: World,
    tenant: Tenant,
    system: SystemDoor,
    folder: TempDir,
    visitor: Visitor,
    key: String,
}

impl Place {
    /// With a visitor who is at the details.
    async fn new(world: World) -> Self {
        migrate(&world).await;
        let folder = TempDir::new().unwrap();
        let files = Files::open(FilesAt::Folder(folder.path().join("files"))).unwrap();
        let outside = Outside::from(Environment::new(world.clock.clone())).with_files(files);
        let (doors, system) = app::open(world.store.clone(), outside);
        let (tenant, key) = world.business("acme", &flows::visits_with_files()).await;
        let mut visitor = Visitor::start(&doors, &key).await;
        visitor.does(json!({ "type": "submit_zip", "zip": "30305" })).await;
        visitor.answers("A blocked drain").await;
        Self { world, tenant, system, folder, visitor, key }
    }

    async fn upload(&self, text: &'static str) -> app::Result<Doc<File>> {
        let new = NewFile {
            filename: "note.txt".to_owned(),
            declared: None,
            directory: "elsewhere".to_owned(),
            access_level: AccessLevel::Public,
            metadata: BTreeMap::new(),
            most_bytes: None,
        };
        let chunks = stream::iter([Ok::<_, String>(text.into())]);
        self.visitor.door().await.upload(new, chunks).await
    }

    async fn attaches(&mut self, file: &Doc<File>) {
        let events = self.visitor.does(json!({ "type": "attach_file", "file_id": file.id })).await;
        assert_eq!(events, ["FILE_ATTACHED"]);
    }

    async fn tends(&self) {
        self.system.tend_files().await.unwrap();
        let mails = Mailer::Folder(MailFolder::new(self.folder.path().join("mail")));
        let worker = self.system.worker(Mailing::new(mails, "post@example.com".parse().unwrap()));
        while worker.work().await.unwrap() > 0 {}
    }

    async fn documents(&self) -> Vec<Doc<File>> {
        let scoped = self.world.store.scoped(self.tenant.organization());
        scoped.list::<File>(store::Find::all()).await.unwrap().0
    }

    /// Of the bytes that are kept.
    fn kept(&self) -> usize {
        let mut folders = vec![self.folder.path().join("files")];
        let mut files = 0;
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
                if entry.file_type().unwrap().is_dir() {
                    folders.push(entry.path());
                } else {
                    files += 1;
                }
            }
        }
        files
    }
}

async fn a_booking_has_the_files_that_were_added(world: World) {
    let mut place = Place::new(world).await;
    let (first, second) = (place.upload("one").await.unwrap(), place.upload("two").await.unwrap());
    assert_eq!(
        (first.body.access_level, &*first.body.directory, first.body.status),
        (AccessLevel::Private, "visits", FileStatus::Active)
    );
    place.attaches(&first).await;
    place.attaches(&second).await;
    let removed = json!({ "type": "remove_file", "file_id": first.id });
    assert_eq!(place.visitor.does(removed).await, ["FILE_REMOVED"]);
    let names: Vec<_> =
        place.visitor.view.selections.files.iter().map(|it| &*it.filename).collect();
    assert_eq!(names, ["note.txt"]);
    place.visitor.does(json!({ "type": "submit_details", "values": {} })).await;
    let start = place.visitor.starts().await[0];
    place.visitor.chooses(start).await;
    place.visitor.introduces_themselves().await;
    place.visitor.confirms().await;
    let bookings = place.world.all::<Booking>(place.tenant.organization()).await;
    assert_eq!(bookings[0].body.file_ids, [second.id]);
    // Long after the visit could be gone on with, what was booked is there, and nothing else.
    place.world.clock.turn(3_600 * 24 * 90);
    place.tends().await;
    let left: Vec<_> = place.documents().await.into_iter().map(|it| it.id).collect();
    assert_eq!((left, place.kept()), (vec![second.id], 1));
    let replayed = place.tenant.replay_session(place.visitor.id, None).await.unwrap();
    assert_eq!(replayed.identical, Some(true));
}

async fn what_is_not_attached_or_not_booked_goes(world: World) {
    let mut place = Place::new(world).await;
    let attached = place.upload("one").await.unwrap();
    place.attaches(&attached).await;
    place.upload("two").await.unwrap();
    place.world.clock.turn(3_599);
    place.tends().await;
    assert_eq!((place.documents().await.len(), place.kept()), (2, 2));
    place.world.clock.turn(2);
    place.tends().await;
    let left: Vec<_> = place.documents().await.into_iter().map(|it| it.id).collect();
    assert_eq!((left, place.kept()), (vec![attached.id], 1));
    place.world.clock.turn(3_600 * 24 * 30);
    place.tends().await;
    assert_eq!((place.documents().await.len(), place.kept()), (0, 0));
}

async fn only_ones_own_files_can_be_added_and_only_where_they_are_asked_for(world: World) {
    let mut place = Place::new(world).await;
    let file = place.upload("one").await.unwrap();
    let long = "x".repeat(101).leak();
    for (text, sentence) in [(&*long, "more than 100 bytes"), ("%PDF-1.7 x", "not taken")] {
        let error = place.upload(text).await.unwrap_err().to_string();
        assert!(error.contains(sentence), "{error}");
    }
    let mut other = Visitor::start(&place.world.doors, &place.key).await;
    other.does(json!({ "type": "submit_zip", "zip": "30305" })).await;
    other.answers("A blocked drain").await;
    let attach = json!({ "type": "attach_file", "file_id": file.id });
    let Err(Error::Rejected { rejection, .. }) = other.send(attach.clone()).await else {
        panic!("a file of another visit was added")
    };
    assert!(format!("{rejection:?}").contains("unknown"), "{rejection:?}");
    place.visitor.does(json!({ "type": "submit_details", "values": {} })).await;
    assert_eq!(place.visitor.step(), StepType::TimeslotSelection);
    assert!(matches!(place.upload("three").await, Err(Error::Rejected { .. })));
    assert!(matches!(place.visitor.send(attach).await, Err(Error::Rejected { .. })));
}
