//! What is exported from one store is imported into another as the same bytes.

use std::io::Cursor;

use app::{
    BackupKey, Checked, Dangling, Error, Exported, Extent, NotAnArchive, SealedWriter, open_archive,
};
use tempfile::TempDir;

use crate::{flows, world::World};

on_both! {
    an_export_is_the_same_after_an_import,
    an_organization_moves_alone,
    an_export_is_of_one_instant,
    everything_goes_into_an_empty_store_only,
    a_failed_import_leaves_nothing,
    an_altered_or_cut_archive_is_refused,
}

async fn an_export_is_the_same_after_an_import(world: World) {
    furnish(&world).await;
    let (text, exported) = export(&world, Extent::Everything).await;
    assert!(exported.documents > 20 && exported.events > 20 && exported.left_out.is_empty());
    let other = world.another().await;
    let checked = import(&other, &text).await.unwrap();
    assert_eq!((checked.documents, checked.events), (exported.documents, exported.events));
    assert_eq!(checked.sha256, exported.sha256);
    assert!(export(&other, Extent::Everything).await.0 == text);
    let diagnosis = other.system.diagnose(Vec::new(), &mut |_| {}).await.unwrap();
    assert!(diagnosis.ok, "{:?}", diagnosis.findings);
    // Those who were booking go on there.
    let key = String::from_utf8(text).unwrap();
    let key = key.split('"').find(|it| it.starts_with("pk_")).unwrap();
    other.visitor(key).await.books().await;
}

async fn an_organization_moves_alone(world: World) {
    furnish(&world).await;
    let acme = world.system.find_organization("acme").await.unwrap().unwrap();
    let (text, _) = export(&world, Extent::Organization(acme.id)).await;
    let text_of = String::from_utf8(text.clone()).unwrap();
    let other = world.system.find_organization("other").await.unwrap().unwrap();
    assert!(text_of.contains("acme") && !text_of.contains(&other.id.to_string()));
    let target = world.another().await;
    target.business("neighbour", &flows::visits(2)).await;
    import(&target, &text).await.unwrap();
    assert!(export(&target, Extent::Organization(acme.id)).await.0 == text);
    let twice = import(&target, &text).await;
    assert!(matches!(twice, Err(Error::Taken(_))), "{twice:?}");
}

async fn an_export_is_of_one_instant(world: World) {
    let (_, key) = world.business("acme", &flows::visits(100)).await;
    let mut visitor = world.visitor(&key).await;
    let busy = async {
        for _ in 0..5 {
            visitor = world.visitor(&key).await;
            visitor.books().await;
        }
    };
    let ((text, _), ()) = tokio::join!(export(&world, Extent::Everything), busy);
    let other = world.another().await;
    import(&other, &text).await.unwrap();
    let diagnosis = other.system.diagnose(Vec::new(), &mut |_| {}).await.unwrap();
    assert!(diagnosis.ok, "{:?}", diagnosis.findings);
}

async fn everything_goes_into_an_empty_store_only(world: World) {
    furnish(&world).await;
    let (text, _) = export(&world, Extent::Everything).await;
    let refused = import(&world, &text).await;
    assert!(matches!(refused, Err(Error::Taken(_))), "{refused:?}");
    assert!(export(&world, Extent::Everything).await.0 == text);
}

async fn a_failed_import_leaves_nothing(world: World) {
    furnish(&world).await;
    let (text, _) = export(&world, Extent::Everything).await;
    // The flows' steps are not in it, so that the flows refer to nothing.
    let lines = text.split_inclusive(|it| *it == b'\n').filter(|line| {
        !line.starts_with(br#"{"collection":"booking_flow_steps""#) && line.starts_with(b"{\"")
    });
    let lines: Vec<_> = lines.collect();
    let text = resealed(&lines[..lines.len() - 1]);
    let other = world.another().await;
    let refused = import(&other, &text).await;
    assert!(
        matches!(&refused, Err(Error::Archive(NotAnArchive::Content(it))) if it.contains("steps[]")),
        "{refused:?}"
    );
    assert!(other.system.is_empty().await.unwrap());
}

async fn an_altered_or_cut_archive_is_refused(world: World) {
    furnish(&world).await;
    let (text, _) = export(&world, Extent::Everything).await;
    for cut in [0, 1, text.len() / 3, text.len() / 2, text.len() - 1] {
        assert!(Checked::read(&text[..cut]).is_err(), "{cut}");
    }
    let lines: Vec<_> = text.split_inclusive(|it| *it == b'\n').collect();
    let without_last = lines[..lines.len() - 1].concat();
    assert!(matches!(Checked::read(&*without_last), Err(NotAnArchive::Truncated)));
    for at in (0..text.len()).step_by(text.len() / 200) {
        let mut altered = text.clone();
        altered[at] ^= 1;
        assert!(Checked::read(&*altered).is_err(), "{at}");
    }
    let swapped =
        resealed(&[&lines[..2], &[lines[3], lines[2]], &lines[4..lines.len() - 1]].concat());
    assert!(Checked::read(&*swapped).is_err(), "out of order");
    let newer = String::from_utf8(text).unwrap().replacen("archive\":1", "archive\":2", 1);
    let refused = Checked::read(newer.as_bytes()).unwrap_err().to_string();
    assert!(refused.contains("format 2"), "{refused}");
}

#[tokio::test]
async fn a_sealed_backup_opens_with_its_key_only() {
    let world = World::in_memory().await;
    furnish(&world).await;
    let (text, _) = export(&world, Extent::Everything).await;
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("sealed");
    let key: BackupKey = "0f".repeat(32).parse().unwrap();
    let mut sealed = SealedWriter::new(Vec::new(), &key).unwrap();
    world.system.export(Extent::Everything, &mut sealed, &mut |_| {}).await.unwrap();
    let sealed = sealed.finish().unwrap();
    assert!(!sealed.windows(4).any(|it| it == b"acme"), "it can be read without the key");
    std::fs::write(&path, &sealed).unwrap();

    let mut opened = Vec::new();
    std::io::Read::read_to_end(&mut open_archive(&path, Some(&key)).unwrap(), &mut opened).unwrap();
    assert!(opened == text);
    let wrong: BackupKey = "f0".repeat(32).parse().unwrap();
    assert!(matches!(open_archive(&path, Some(&wrong)), Err(NotAnArchive::WrongKey)));
    assert!(matches!(open_archive(&path, None), Err(NotAnArchive::Sealed)));
    for cut in [20, 50, sealed.len() / 2, sealed.len() - 1] {
        std::fs::write(&path, &sealed[..cut]).unwrap();
        let read = open_archive(&path, Some(&key)).and_then(Checked::read);
        assert!(read.is_err(), "{cut}");
    }
    for at in (0..sealed.len()).step_by(sealed.len() / 100) {
        let mut altered = sealed.clone();
        altered[at] ^= 4;
        std::fs::write(&path, &altered).unwrap();
        let read = open_archive(&path, Some(&key)).and_then(Checked::read);
        assert!(read.is_err(), "{at}");
    }
}

/// Two businesses, one with visits in every state.
async fn furnish(world: &World) {
    world.system.migrations().up(None, &mut |_| {}).await.unwrap();
    let (_, key) = world.business("acme", &flows::visits(3)).await;
    world.business("other", &flows::visits(1)).await;
    world.visitor(&key).await.books().await;
    world.visitor(&key).await.goes_to_the_timeslots().await;
    world.visitor(&key).await;
}

async fn export(world: &World, extent: Extent) -> (Vec<u8>, Exported) {
    let mut text = Vec::new();
    let exported = world.system.export(extent, &mut text, &mut |_| {}).await.unwrap();
    (text, exported)
}

async fn import(world: &World, text: &[u8]) -> app::Result<Checked> {
    let checked = Checked::read(Cursor::new(text))?;
    world.system.import(&checked, Cursor::new(text), Dangling::Refused, &mut |_| {}).await?;
    Ok(checked)
}

/// Lines with an end that fits them.
fn resealed(lines: &[&[u8]]) -> Vec<u8> {
    use sha2::{Digest, Sha256};
    let text = lines.concat();
    let documents = lines.iter().filter(|it| it.starts_with(br#"{"collection":"#)).count();
    let events = lines.iter().filter(|it| it.starts_with(br#"{"sequence":"#)).count();
    let sha256 = model::hex(&Sha256::digest(&text));
    let end =
        format!("{{\"documents\":{documents},\"events\":{events},\"sha256\":\"{sha256}\"}}\n");
    [text, end.into_bytes()].concat()
}
