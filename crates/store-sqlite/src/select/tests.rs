use rusqlite::{Connection, params_from_iter};
use store::{
    Cursor, Owner,
    conformance::{BY_CITY, BY_CREATED, BY_KIND, BY_KIND_UPDATED, COLLECTIONS, THINGS},
};

use super::*;
use crate::schema;

const OWNER: Owner = Owner::Organization(model::ObjectId::from_bytes([1; 12]));

fn database() -> Connection {
    let mut connection = Connection::open_in_memory().unwrap();
    schema::ensure(&mut connection, COLLECTIONS, false).unwrap();
    schema::ensure(&mut connection, model::COLLECTIONS, false).unwrap();
    connection
}

/// The fixtures', which have every kind of index, and the real ones.
fn collections() -> impl Iterator<Item = &'static Collection> {
    COLLECTIONS.iter().chain(model::COLLECTIONS)
}

fn index_name(collection: &Collection, query: &Query) -> String {
    let by_key = || format!("sqlite_autoindex_{}_1", collection.name);
    query.index.map_or_else(by_key, |it| sql::index_name(collection, it))
}

fn plan(connection: &Connection, sql: &str) -> Vec<String> {
    let mut plan = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
    let unknown = vec![Value::Null; plan.parameter_count()];
    let rows = plan.query_map(params_from_iter(unknown), |row| row.get(3)).unwrap();
    rows.map(Result::unwrap).collect()
}

/// Every shape that a query on this collection can have.
fn shapes(collection: &Collection) -> Vec<Query> {
    let mut shapes = Vec::new();
    let number = || Scalar::Number(1);
    for index in collection.indexes.iter().map(Some).chain([None]) {
        let fields = index.map_or(0, |it| it.fields.len());
        for fixed in 0..=fields {
            for bounds in 0..if fixed < fields { 4 } else { 1 } {
                for after in [false, true] {
                    for order in [Order::Ascending, Order::Descending] {
                        let values = vec![Some(number()); fields - fixed];
                        let id = model::ObjectId::from_bytes([2; 12]);
                        shapes.push(Query {
                            index,
                            equal: vec![number(); fixed],
                            from: (bounds & 1 != 0).then(number),
                            until: (bounds & 2 != 0).then_some(Scalar::Number(9)),
                            order,
                            after: after.then_some(Cursor { values, id }),
                            ..Query::by_id(OWNER, collection.name, 20)
                        });
                    }
                }
            }
        }
    }
    shapes
}

#[test]
fn every_query_is_answered_by_its_index_alone() {
    let connection = database();
    let mut count = 0;
    for collection in collections() {
        for query in shapes(collection) {
            let plan = plan(&connection, &page(collection, &query).sql);
            let index = index_name(collection, &query);
            let start = format!("SEARCH {} USING INDEX {index} (owner=?", collection.name);
            assert!(plan.len() == 1 && plan[0].starts_with(&start), "{query:?}: {plan:?}");
            let unique = query.index.is_some_and(|it| it.unique);
            if query.after.is_some() && !unique {
                let begins = match query.order {
                    Order::Ascending => [",id)>(", " id>?"],
                    Order::Descending => [",id)<(", " id<?"],
                };
                assert!(begins.iter().any(|it| plan[0].contains(it)), "{query:?}: {plan:?}");
            }
            count += 1;
        }
    }
    assert!(count > 500, "{count}");
}

#[test]
fn every_count_is_answered_by_its_index_alone() {
    let connection = database();
    for collection in collections() {
        for query in shapes(collection) {
            let plan = plan(&connection, &super::count(collection, &query).sql);
            let index = index_name(collection, &query);
            let starts = ["COVERING ", ""].map(|covering| {
                format!("SEARCH {} USING {covering}INDEX {index} (owner=?", collection.name)
            });
            let by_any = query.index.is_none() && plan[0].starts_with("SEARCH ");
            let is_search = by_any || starts.iter().any(|it| plan[0].starts_with(it));
            assert!(plan.len() == 1 && is_search, "{query:?}: {plan:?}");
        }
    }
}

#[test]
fn events_and_keys_are_found_by_an_index_alone() {
    let connection = database();
    for collection in collections() {
        let sql = sql::TableSql::new(collection);
        let of_events =
            sql.events.map_or(Vec::new(), |it| vec![it.after, it.of_command, it.delete]);
        let of_documents =
            [sql.get, sql.version, sql.held, sql.delete, sql.scan, sql.scan_of_owner];
        for sql in of_events.iter().chain(&of_documents) {
            let plan = plan(&connection, sql);
            assert!(plan.len() == 1 && plan[0].starts_with("SEARCH "), "{sql}: {plan:?}");
        }
    }
}

#[test]
fn who_points_at_a_document_is_found_by_the_index_of_the_field() {
    let connection = database();
    let targets = Targets {
        owner: OWNER,
        collection: THINGS.name,
        ids: vec![ObjectId::from_bytes([2; 12]); 3],
    };
    let select = pointing(&THINGS, &BY_KIND, &targets, None, 9);
    let plan = plan(&connection, &select.sql);
    assert!(plan[0].starts_with("SEARCH things USING INDEX things.by_kind (owner=? AND $.kind=?"));
}

#[test]
fn the_whole_cursor_is_where_the_search_begins() {
    let connection = database();
    let id = model::ObjectId::from_bytes([2; 12]);
    let shape = |index, equal: usize, free: usize| Query {
        index: Some(index),
        equal: vec![Scalar::Number(1); equal],
        after: Some(Cursor { values: vec![Some(Scalar::Number(1)); free], id }),
        ..Query::by_id(OWNER, THINGS.name, 20)
    };
    let kind_updated = "(owner=? AND $.kind=? AND (updated_at,id)>(?,?))";
    for (query, expected) in [
        (shape(&BY_CREATED, 0, 1), "(owner=? AND (created_at,id)>(?,?))"),
        (shape(&BY_CREATED, 1, 0), "(owner=? AND created_at=? AND id>?)"),
        (shape(&BY_KIND_UPDATED, 1, 1), kind_updated),
        (shape(&BY_KIND, 0, 2), "(owner=? AND ($.kind,$.rank,id)>(?,?,?))"),
        (shape(&BY_KIND, 1, 1), "(owner=? AND $.kind=? AND ($.rank,id)>(?,?))"),
        (shape(&BY_CITY, 0, 1), "(owner=? AND ($.address.city,id)>(?,?))"),
    ] {
        let plan = plan(&connection, &page(&THINGS, &query).sql);
        assert!(plan[0].ends_with(expected), "{plan:?}");
    }
}
