//! What cannot be a store is refused with a sentence that helps.

use mongodb::bson::{Document, doc};
use store::{Backend, StoreError};
use store_mongo::MongoBackend;

use crate::server::{Mongod, ReplicaSet, database, on_one_member};

async fn refusal(url: &str) -> String {
    match MongoBackend::open(url).await {
        Err(StoreError::Unavailable(reason)) => reason,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_url_that_is_none_is_refused_without_its_password() {
    let reason = refusal("mongodb://ada:s3cret@/x").await;
    assert!(reason.contains("is no MongoDB URL"), "{reason}");
    assert!(!reason.contains("s3cret"), "{reason}");
}

#[tokio::test]
async fn a_url_without_a_database_is_refused() {
    let reason = refusal("mongodb://ada:s3cret@localhost:1").await;
    assert_eq!(
        reason,
        "`mongodb://***@localhost:1` names no database: put one behind the host, as in \
         mongodb://localhost/wrkbelt"
    );
}

#[tokio::test]
async fn a_server_that_does_not_answer_is_named() {
    let reason = refusal("mongodb://ada:s3cret@127.0.0.1:1/x").await;
    assert_eq!(reason, "MongoDB at 127.0.0.1:1 does not answer");
}

#[tokio::test]
async fn a_server_alone_is_told_how_to_become_a_replica_set() {
    let (alone, uninitiated) = (Mongod::start(&[]), Mongod::start(&["--replSet", "rs0"]));
    for server in [alone, uninitiated] {
        server.answers().await;
        let host = server.host();
        assert_eq!(
            refusal(&format!("mongodb://{host}/x")).await,
            format!(
                "MongoDB at {host} is no replica set: start mongod with `--replSet rs0`, then run \
                 `mongosh --eval 'rs.initiate()'` once"
            )
        );
    }
}

#[tokio::test]
async fn wrong_credentials_are_refused() {
    let key = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(key.path(), "c2VjcmV0").unwrap();
    let key = key.path().to_str().unwrap();
    let set = ReplicaSet::start(1, &["--auth", "--keyFile", key]).await;
    let host = set.members[0].host();
    let admin = set.members[0].client().database("admin");
    let user = doc! { "createUser": "ada", "pwd": "s3cret", "roles": ["root"] };
    admin.run_command(user).await.unwrap();
    let wrong = refusal(&format!("mongodb://ada:guess@{host}/x?authSource=admin")).await;
    assert_eq!(wrong, format!("MongoDB at {host} does not accept the user name and password"));
    let none = refusal(&format!("mongodb://{host}/x")).await;
    assert_eq!(none, format!("MongoDB at {host} asks for a user name and a password"));
    MongoBackend::open(&format!("mongodb://ada:s3cret@{host}/x?authSource=admin")).await.unwrap();
}

#[tokio::test]
async fn a_database_of_something_else_is_left_alone() {
    let (store, guard) = on_one_member().await;
    store.ensure(&[]).await.unwrap();
    let database = guard.database().await;
    let name = database.name();
    let meta = database.collection::<Document>("_meta");
    MongoBackend::open(guard.url()).await.unwrap();

    meta.update_one(doc! {}, doc! { "$set": { "layout": 99 } }).await.unwrap();
    assert_eq!(
        refusal(guard.url()).await,
        format!("the database `{name}` was written by a newer version of this program")
    );

    meta.update_one(doc! {}, doc! { "$set": { "product": "other" } }).await.unwrap();
    assert_eq!(refusal(guard.url()).await, format!("the database `{name}` is of something else"));

    meta.drop().await.unwrap();
    let theirs = database.collection::<Document>("pets");
    theirs.insert_one(doc! { "name": "Rex" }).await.unwrap();
    assert_eq!(
        refusal(guard.url()).await,
        format!(
            "the database `{name}` is of something else: it has a collection `pets` and no `_meta`"
        )
    );
    assert_eq!(database.list_collection_names().await.unwrap(), ["pets"]);
}

#[tokio::test]
async fn a_store_that_must_be_there_already_is_not_made() {
    let set = ReplicaSet::start(1, &[]).await;
    let (host, name) = (set.members[0].host(), database());
    let url = set.url(&name);
    let reason = match MongoBackend::open_existing(&url).await {
        Err(StoreError::Unavailable(reason)) => reason,
        other => panic!("{other:?}"),
    };
    assert_eq!(
        reason,
        format!("there is no store at {host}/{name}: the database is empty, look at its name")
    );
    let databases = async || set.members[0].client().list_database_names().await.unwrap();
    assert!(!databases().await.contains(&name), "it was made");

    MongoBackend::open(&url).await.unwrap();
    MongoBackend::open_existing(&url).await.unwrap();
    assert!(databases().await.contains(&name));
}
