//! Whether a server may be sent visitors.

use crate::site::Site;

#[tokio::test]
async fn a_server_is_ready_when_its_store_is_migrated() {
    let site = Site::new().await;
    let problem = site.get("/readyz").await.problem(503, "store.not_migrated");
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.contains("0001_seed_permissions"), "{detail}");
    assert_eq!(site.get("/healthz").await.status, 200);
    site.system.migrations().up(None, &mut |_| {}).await.unwrap();
    assert_eq!(site.get("/readyz").await.json()["status"], "ok");
}
