//! Files whose time is over, and what is left when something stops half-way.

use std::{collections::BTreeMap, fs, path::Path};

use app::{
    Credential, Doors, Environment, Error, FileLink, Files, FilesAt, MailFolder, Mailer, Mailing,
    Member, NewFile, NewUser, Once, Origin, Outside, Quota, Request, SystemDoor,
};
use futures_util::stream;
use model::{
    Doc, Id, ObjectId,
    core::{AccessLevel, File, FileStatus, Organization, Permission, SystemRole},
};
use tempfile::TempDir;

use crate::{migrations::migrate, world::World};

on_both! {
    a_link_ends_after_a_quarter_of_an_hour,
    an_upload_that_was_given_up_leaves_nothing,
    files_go_when_their_time_is_over,
    bytes_that_no_document_knows_are_removed,
    uploads_at_once_do_not_pass_the_quota,
}

struct Place {
    world: World,
    doors: Doors,
    system: SystemDoor,
    member: Member,
    folder: TempDir,
}

impl Place {
    async fn new(world: World) -> Self {
        Self::with(world, Quota::default()).await
    }

    async fn with(world: World, quota: Quota) -> Self {
        migrate(&world).await;
        let folder = TempDir::new().unwrap();
        let files = Files::open(FilesAt::Folder(folder.path().to_owned())).unwrap();
        let files = files.with_quota(quota);
        let outside = Outside::from(Environment::new(world.clock.clone())).with_files(files);
        let (doors, system) = app::open(world.store.clone(), outside);
        let organization = world.organization("acme").await.organization();
        let new = NewUser {
            first_name: "Ada".to_owned(),
            last_name: "Lovelace".to_owned(),
            email: "ada@example.com".parse().unwrap(),
            hashed_password: Some("$argon2id$none".to_owned()),
            is_platform_admin: false,
        };
        let user = system.create_user(new).await.unwrap();
        let owner = vec![SystemRole::Owner.seeded_id()];
        system.add_member(organization, user, owner).await.unwrap();
        let token = Credential::Login(system.log_in(user).await.unwrap().expose().to_owned());
        let member = doors
            .member(&token, Some(organization), Permission::CreateFile, Origin::default())
            .await
            .unwrap();
        Self { world, doors, system, member, folder }
    }

    async fn upload(&self) -> Doc<File> {
        self.try_to_upload(None).await.unwrap()
    }

    /// Nine bytes, of which the sender may have said that there are no more than so many.
    async fn try_to_upload(&self, most_bytes: Option<u64>) -> Result<Doc<File>, Error> {
        let file = NewFile {
            filename: "a.txt".to_owned(),
            declared: None,
            directory: "files".to_owned(),
            access_level: AccessLevel::Private,
            metadata: BTreeMap::new(),
            most_bytes,
        };
        let chunks = stream::iter([Ok::<_, String>("some text".into())]);
        self.member.upload(file, chunks, unnamed()).await.map(new)
    }

    async fn link(&self, file: &Doc<File>) -> FileLink {
        new(self.member.link_file(file.id, unnamed()).await.unwrap())
    }

    async fn reads(&self, link: &FileLink) -> Result<(), Error> {
        let signed = Some((link.expires_at, &*link.signature));
        self.doors.file(link.to, signed, None).await.map(drop)
    }

    /// What the server does beside answering requests.
    async fn tends(&self) {
        self.system.tend_files().await.unwrap();
        let mails = Mailer::Folder(MailFolder::new(self.folder.path().join("mail")));
        let worker = self.system.worker(Mailing::new(mails, "post@example.com".parse().unwrap()));
        while worker.work().await.unwrap() > 0 {}
    }

    async fn documents(&self) -> usize {
        let scoped = self.world.store.scoped(self.member.tenant().organization());
        scoped.list::<File>(store::Find::all()).await.unwrap().0.len()
    }

    fn kept(&self) -> usize {
        kept(self.folder.path())
    }

    /// As a process leaves it that ends between two steps.
    async fn stops_after_the_bytes(&self, file: &Doc<File>) {
        let scoped = self.world.store.scoped(self.member.tenant().organization());
        let mut unit = scoped.begin(file.updated_at);
        let pending = File { status: FileStatus::Pending, ..file.body.clone() };
        unit.replace(file, &pending).unwrap();
        unit.commit().await.unwrap();
    }
}

/// A request without an `Idempotency-Key`.
fn unnamed<T>() -> Request<T> {
    Request { retry: None, answer: |_| String::new() }
}

fn new<T>(once: Once<T>) -> T {
    match once {
        Once::New(new) => new,
        Once::Before(answer) => panic!("answered before: {answer}"),
    }
}

/// Files below a folder.
fn kept(folder: &Path) -> usize {
    let entries = fs::read_dir(folder).unwrap().map(|it| it.unwrap().path());
    entries.map(|it| if it.is_dir() { kept(&it) } else { 1 }).sum()
}

async fn a_link_ends_after_a_quarter_of_an_hour(world: World) {
    let place = Place::new(world).await;
    let file = place.upload().await;
    let link = place.link(&file).await;
    place.world.clock.turn(15 * 60 - 1);
    place.reads(&link).await.unwrap();
    place.world.clock.turn(1);
    assert!(matches!(place.reads(&link).await, Err(Error::NotFound("file"))));
}

async fn an_upload_that_was_given_up_leaves_nothing(world: World) {
    let place = Place::new(world).await;
    let file = place.upload().await;
    let link = place.link(&file).await;
    place.stops_after_the_bytes(&file).await;
    assert!(matches!(place.reads(&link).await, Err(Error::NotFound("file"))));
    place.world.clock.turn(9 * 60);
    place.tends().await;
    assert_eq!((place.documents().await, place.kept()), (1, 1));
    place.world.clock.turn(2 * 60);
    place.tends().await;
    assert_eq!((place.documents().await, place.kept()), (0, 0));
}

async fn files_go_when_their_time_is_over(world: World) {
    let place = Place::new(world).await;
    place.upload().await;
    let id: Id<Organization> = place.member.tenant().organization();
    let platform = place.world.store.platform();
    let seen = platform.get(id).await.unwrap().unwrap();
    let mut organization = seen.body.clone();
    organization.retention.files_days = Some(2);
    let mut unit = platform.begin(seen.updated_at);
    unit.replace(&seen, &organization).unwrap();
    unit.commit().await.unwrap();
    for (hours, left) in [(47, 1), (2, 0)] {
        place.world.clock.turn(hours * 3_600);
        place.tends().await;
        assert_eq!((place.documents().await, place.kept()), (left, left));
    }
}

async fn bytes_that_no_document_knows_are_removed(world: World) {
    let place = Place::new(world).await;
    let file = place.upload().await;
    let name = ObjectId::from_parts(7, [7; 5], 7).to_string() + "abcdef01";
    let orphan = place.folder.path().join(&name[..2]).join(&name[2..4]).join(&name);
    fs::create_dir_all(orphan.parent().unwrap()).unwrap();
    fs::write(&orphan, "lost").unwrap();
    assert_eq!(place.system.remove_orphans().await.unwrap(), 0, "it is too new");
    let written = fs::metadata(&orphan).unwrap().modified().unwrap();
    let written = written.duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let now = app::Clock::now(&*place.world.clock).millis() / 1_000;
    place.world.clock.turn(i64::try_from(written).unwrap() - now + 25 * 3_600);
    assert_eq!(place.system.remove_orphans().await.unwrap(), 1);
    assert_eq!((place.kept(), place.documents().await), (1, 1));
    assert_eq!(file.body.status, FileStatus::Active);
}

async fn uploads_at_once_do_not_pass_the_quota(world: World) {
    let place = Place::with(world, Quota { files: 3, bytes: 30 }).await;
    let at_once = async |most_bytes| {
        let uploads = (0..12).map(|_| place.try_to_upload(most_bytes));
        let done = futures_util::future::join_all(uploads).await;
        let (kept, refused): (Vec<_>, Vec<_>) = done.into_iter().partition(Result::is_ok);
        for refused in refused {
            assert!(matches!(refused, Err(Error::OverQuota)), "{refused:?}");
        }
        kept.into_iter().map(Result::unwrap).collect::<Vec<_>>()
    };
    assert_eq!(at_once(Some(31)).await.len(), 0, "one may be larger than there is room");
    assert_eq!(at_once(None).await.len(), 0, "so may one that says nothing");
    let kept = at_once(Some(15)).await;
    assert_eq!(kept.len(), 2, "each counts for 15 while it comes in");
    assert_eq!(at_once(Some(9)).await.len(), 1, "each had 9: the third file is the last");
    assert_eq!(at_once(Some(9)).await.len(), 0);
    let file = place.member.get(kept[0].id).await.unwrap();
    place.member.delete::<File>(file.id, None).await.unwrap();
    place.tends().await;
    place.world.clock.turn(61);
    assert_eq!(at_once(Some(9)).await.len(), 1, "there is room again");
    assert_eq!((place.documents().await, place.kept()), (3, 3));
}
