//! The planner answers each declared query from its index, in the index's order.

use model::{Collection, Index, ObjectId};
use store::{Backend, Cursor, Order, Owner, Query, Scalar, conformance};

use crate::server::on_one_member;

/// Every way in which a query can ask an index.
fn queries(collection: &Collection, index: &'static Index) -> Vec<Query> {
    let owner = Owner::Organization(ObjectId::from_bytes([1; 12]));
    let value = |field: &str| match field {
        "created_at" | "updated_at" => Scalar::Number(5),
        _ => Scalar::Text("a".to_owned()),
    };
    let mut queries = Vec::new();
    for fixed in 0..=index.fields.len() {
        for order in [Order::Ascending, Order::Descending] {
            let (equal, free) = index.fields.split_at(fixed);
            let plain = Query {
                index: Some(index),
                equal: equal.iter().map(|it| value(it)).collect(),
                order,
                ..Query::by_id(owner, collection.name, 10)
            };
            let values = free.iter().map(|it| Some(value(it))).collect();
            let after = Some(Cursor { values, id: ObjectId::from_bytes([9; 12]) });
            queries.push(Query { after, ..plain.clone() });
            if let Some(next) = free.first() {
                queries.push(Query { from: Some(value(next)), ..plain.clone() });
                queries.push(Query { until: Some(value(next)), ..plain.clone() });
            }
            queries.push(plain);
        }
    }
    queries
}

#[tokio::test]
async fn each_declared_index_answers_its_queries() {
    let (backend, _guard) = on_one_member().await;
    for collections in [model::COLLECTIONS, conformance::COLLECTIONS] {
        backend.ensure(collections).await.unwrap();
        for collection in collections {
            let mut asked = vec![
                Query::by_id(Owner::Platform, collection.name, 1),
                Query {
                    order: Order::Descending,
                    after: Some(Cursor { values: Vec::new(), id: ObjectId::from_bytes([9; 12]) }),
                    ..Query::by_id(Owner::Platform, collection.name, 1)
                },
            ];
            asked.extend(collection.indexes.iter().flat_map(|it| queries(collection, it)));
            for query in asked {
                let found = backend.explain(&query).await.unwrap();
                assert!(found.iter().any(|it| it == "IXSCAN"), "{query:?}: {found:?}");
                let slow = found
                    .iter()
                    .find(|it| ["COLLSCAN", "SORT", "SORT_MERGE"].contains(&it.as_str()));
                assert_eq!(slow, None, "{query:?}: {found:?}");
            }
        }
    }
}
