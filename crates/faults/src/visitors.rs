use std::{
    sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
    thread,
    time::Duration,
};

use rand::{RngExt, SeedableRng, rngs::StdRng};

use crate::{
    http::Client,
    visitor::{Failure, Visit},
};

/// Among how many of the next timeslots visitors choose: few enough to meet at one.
const CHOICE: usize = 40;

/// Visitors at the same time, each booking one visit after another and noting what was
/// acknowledged. A visit that a fault cuts off goes on at the next server.
pub struct Visitors {
    public_key: String,
    visitors: Vec<Visitor>,
}

/// How far visitors have come at one server.
#[derive(Default)]
pub struct Progress {
    acknowledged: AtomicUsize,
    ended: AtomicUsize,
}

struct Visitor {
    random: StdRng,
    present: Option<Visit>,
    past: Vec<Visit>,
    resent: usize,
}

impl Progress {
    /// Commands that were acknowledged.
    pub fn acknowledged(&self) -> usize {
        self.acknowledged.load(Relaxed)
    }

    /// Visitors that came to an end because one was not.
    pub fn ended(&self) -> usize {
        self.ended.load(Relaxed)
    }

    pub fn wait_until(&self, is_enough: impl Fn(&Self) -> bool) {
        while !is_enough(self) {
            thread::sleep(Duration::from_millis(2));
        }
    }

    /// Until a moment that nobody can foresee: at most so many commands on, and then so long.
    pub fn wait_for_a_moment(&self, commands: usize, longest: Duration, random: &mut StdRng) {
        let commands = random.random_range(0..=commands);
        self.wait_until(|it| it.acknowledged() >= commands || it.ended() > 0);
        thread::sleep(longest.mul_f64(random.random()));
    }
}

impl Visitors {
    pub fn new(count: usize, public_key: &str, random: &mut StdRng) -> Self {
        let visitor = |_| Visitor {
            random: StdRng::from_rng(random),
            present: None,
            past: Vec::new(),
            resent: 0,
        };
        let visitors = (0..count).map(visitor).collect();
        Self { public_key: public_key.to_owned(), visitors }
    }

    /// Lets all of them book until `meanwhile` is over. Answers why visitors came to an end before.
    pub fn book(&mut self, base_url: &str, meanwhile: impl FnOnce(&Progress)) -> Vec<Failure> {
        let (over, progress) = (&AtomicBool::new(false), &Progress::default());
        let key = &self.public_key;
        thread::scope(|scope| {
            let visitors = self.visitors.iter_mut().map(|visitor| {
                scope.spawn(move || {
                    let ended = visitor.book(base_url, key, over, progress).err();
                    progress.ended.fetch_add(usize::from(ended.is_some()), Relaxed);
                    ended
                })
            });
            let visitors: Vec<_> = visitors.collect();
            meanwhile(progress);
            over.store(true, Relaxed);
            visitors.into_iter().filter_map(|it| it.join().unwrap()).collect()
        })
    }

    /// All visits that were acknowledged.
    pub fn visits(&self) -> Vec<&Visit> {
        self.visitors.iter().flat_map(|it| it.past.iter().chain(&it.present)).collect()
    }

    /// The visits that are under way: a fault may have cut them off.
    pub fn present(&self) -> impl Iterator<Item = &Visit> {
        self.visitors.iter().filter_map(|it| it.present.as_ref())
    }

    /// How many commands were sent again because their answers had not come.
    pub fn resent(&self) -> usize {
        self.visitors.iter().map(|it| it.resent).sum()
    }
}

impl Visitor {
    fn book(
        &mut self,
        base_url: &str,
        public_key: &str,
        over: &AtomicBool,
        progress: &Progress,
    ) -> Result<(), Failure> {
        let mut client = Client::try_connect(base_url)?;
        while !over.load(Relaxed) {
            self.step(&mut client, public_key)?;
            progress.acknowledged.fetch_add(1, Relaxed);
        }
        Ok(())
    }

    /// One command further.
    fn step(&mut self, client: &mut Client, public_key: &str) -> Result<(), Failure> {
        let Some(visit) = &mut self.present else {
            self.present = Some(Visit::start(client, public_key)?);
            return Ok(());
        };
        if visit.unanswered.is_some() {
            visit.send_again(client)?;
            self.resent += 1;
            return Ok(());
        }
        if let Some(command) = visit.next(client, self.random.random_range(0..CHOICE))? {
            return visit.send(client, command);
        }
        self.past.extend(self.present.take());
        self.step(client, public_key)
    }
}
