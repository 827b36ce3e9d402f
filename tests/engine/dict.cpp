#include "engine/shared/dict.hpp"

#include <algorithm>
#include <set>
#include <string>

#include "fixture.hpp"

using namespace tidemill;
using namespace tidemill::test;

namespace {

DictKey key(std::int64_t value) { return DictKey::of(value); }
DictKey text(std::string_view value) { return DictKey::of(value); }
DictValue whole(std::int64_t value) { return Number::of(value); }

/// A parcel with a reference, so that it is a large one.
DictValue probe() {
  Shared* reference = new Probe;
  return DictValue(Payload({}, {&reference, 1}));
}

std::int64_t integer_of(const DictValue& value) {
  return value.is_number() && value.number().is_integer ? value.number().integer : INT64_MIN;
}
std::int64_t integer_at(Dict& dict, const DictKey& at) { return integer_of(dict.look(at).value); }

void add_one(Dict& dict, const DictKey& to) {
  Number n = Number::of(std::int64_t{1});
  CHECK(dict.add(to, n) == Dict::Sum::done);
}

}  // namespace

TEST_CASE("dict: keys of different kinds are different keys") {
  auto dict = make_ref<Dict>();
  auto object = make_ref<Probe>();
  const std::string name = "a text that is longer than a parcel without memory has room for";
  const DictKey keys[] = {DictKey::of(true), DictKey::of(false),           key(0),   key(1),
                          DictKey::of(0.5),  DictKey::of(object.get(), 3), text(""), text(name)};
  for (int i = 0; i < 8; ++i) dict->set(keys[i], whole(i));
  CHECK(dict->size() == 8);
  for (int i = 0; i < 8; ++i) CHECK(integer_at(*dict, keys[i]) == i);
  CHECK(integer_at(*dict, text(std::string(name))) == 7);
  CHECK_FALSE(dict->remove(text("other")));
  for (const DictKey& each : keys) CHECK(dict->remove(each));
  CHECK(dict->size() == 0);
  CHECK(dict->look(key(1)).value.is_nothing());
}

TEST_CASE("dict: it grows, and every key is found and listed") {
  auto dict = make_ref<Dict>();
  constexpr int kMany = 50000 / kSlow;
  for (int i = 0; i < kMany; ++i) dict->set(key(i), whole(2 * i));
  CHECK(dict->size() == kMany);
  std::vector<bool> seen(kMany);
  for (const auto& entry : dict->keys()) {
    CHECK_FALSE(seen[static_cast<std::size_t>(entry->key().integer())]);
    seen[static_cast<std::size_t>(entry->key().integer())] = true;
  }
  CHECK(std::count(seen.begin(), seen.end(), true) == kMany);
  for (int i = 0; i < kMany; i += 2) CHECK(dict->remove(key(i)));
  for (int i = 0; i < kMany; ++i) {
    CHECK(integer_at(*dict, key(i)) == (i % 2 == 0 ? INT64_MIN : 2 * i));
  }
  dict->clear();
  CHECK(dict->size() == 0);
}

TEST_CASE("dict: values are given up when they are replaced, removed, and with it") {
  auto dict = make_ref<Dict>();
  dict->set(key(1), probe());
  dict->set(key(2), probe());
  dict->set(key(3), probe());
  CHECK(Probe::alive == 3);
  DictValue held = dict->look(key(1)).value;
  dict->set(key(1), whole(1));
  CHECK(Probe::alive == 3);
  held = DictValue();
  CHECK(Probe::alive == 2);
  {
    auto keys = dict->keys();
    dict->remove(key(2));
    CHECK(Probe::alive == 1);  // though the key is listed
  }
  dict->set(DictKey::of(new Probe, 0), whole(1));
  for (const auto& entry : dict->keys()) {
    if (entry->key().kind == DictKey::Kind::object) entry->key().object()->release();  // ours
  }
  CHECK(Probe::alive == 2);
  dict = nullptr;
  CHECK(Probe::alive == 0);
}

TEST_CASE("dict: a long chain of dictionaries goes without a deep stack") {
  auto in_values = make_ref<Dict>(), in_keys = make_ref<Dict>();
  in_values->set(key(1), probe());
  in_keys->set(key(1), probe());
  for (int i = 0; i < 5000; ++i) {
    auto outer = make_ref<Dict>();
    Shared* inner = in_values.leak();
    outer->set(key(1), DictValue(Payload({}, {&inner, 1})));
    in_values = std::move(outer);
    outer = make_ref<Dict>();
    outer->set(DictKey::of(in_keys.get(), 0), whole(1));
    in_keys = std::move(outer);
  }
  in_values = nullptr;
  in_keys = nullptr;
  CHECK(Probe::alive == 0);
}

TEST_CASE("dict: replace holds only if nothing has changed since") {
  auto dict = make_ref<Dict>();
  DictValue first = whole(1), second = whole(2), none;
  const std::uint64_t absent = dict->look(key(1)).stamp;
  CHECK(dict->replace(key(1), absent, first));
  CHECK_FALSE(dict->replace(key(1), absent, second));
  CHECK(integer_of(second) == 2);  // not moved from
  const std::uint64_t stamp = dict->look(key(1)).stamp;
  dict->remove(key(1));
  dict->set(key(1), whole(1));  // the same again, but not the same one
  CHECK_FALSE(dict->replace(key(1), stamp, second));
  CHECK(dict->replace(key(1), dict->look(key(1)).stamp, none));
  CHECK(dict->size() == 0);
  CHECK(integer_of(none) == 1);  // what was there before
  none = DictValue();
  CHECK(dict->replace(key(1), 0, none));
  CHECK(dict->size() == 0);
}

TEST_CASE("dict: adding wants a number") {
  auto dict = make_ref<Dict>();
  Number n = Number::of(0.5);
  CHECK(dict->add(text("n"), n) == Dict::Sum::done);
  CHECK(dict->add(text("n"), n) == Dict::Sum::done);
  CHECK(n == Number::of(1.0));
  dict->set(text("n"), probe());
  CHECK(dict->add(text("n"), n) == Dict::Sum::not_a_number);
  CHECK(Probe::alive == 1);
}

TEST_CASE("dict: nothing is lost between threads") {
  constexpr int kThreads = 4, kTimes = 20000 / kSlow, kKeys = 100;
  auto dict = make_ref<Dict>();
  std::vector<std::thread> hosts;
  for (int t = 0; t < kThreads; ++t) {
    hosts.emplace_back([&] {
      for (int i = 0; i < kTimes; ++i) {
        add_one(*dict, text("all"));
        add_one(*dict, key(i % kKeys));
        for (;;) {
          Dict::Seen seen = dict->look(text("replaced"));
          DictValue next = whole(seen.value.is_nothing() ? 1 : integer_of(seen.value) + 1);
          if (dict->replace(text("replaced"), seen.stamp, next)) break;
        }
      }
    });
  }
  for (auto& host : hosts) host.join();
  CHECK(integer_at(*dict, text("all")) == kThreads * kTimes);
  CHECK(integer_at(*dict, text("replaced")) == kThreads * kTimes);
  for (int i = 0; i < kKeys; ++i) {
    CHECK(integer_at(*dict, key(i)) == kThreads * kTimes / kKeys);
  }
}

TEST_CASE("dict: the keys are those of one moment, whoever adds and removes some") {
  auto dict = make_ref<Dict>();
  constexpr int kStay = 500, kMost = 3000;
  for (int i = 0; i < kStay; ++i) dict->set(key(i), whole(i));
  dict->set(text("token 0"), whole(0));
  std::atomic<bool> stop{false};
  std::atomic<int> cycles{0};
  std::thread mover([&] {  // there is always a token, and never a third one
    for (int i = 0; !stop; ++i) {
      dict->set(text("token " + std::to_string(i + 1)), whole(0));
      dict->remove(text("token " + std::to_string(i)));
    }
  });
  std::thread crowd([&] {  // the numbers have no gap at any time
    for (; !stop; ++cycles) {
      for (int i = kStay; i < kMost; ++i) dict->set(key(i), probe());
      for (int i = kMost; i-- > kStay;) dict->remove(key(i));
    }
  });
  for (int round = 0; round < 50 || cycles < 5; ++round) {
    std::set<std::int64_t> numbers;
    int tokens = 0;
    for (const auto& entry : dict->keys()) {
      if (entry->key().kind == DictKey::Kind::text) {
        ++tokens;
      } else {
        CHECK(numbers.insert(entry->key().integer()).second);
      }
    }
    CHECK((tokens == 1 || tokens == 2));
    CHECK(std::distance(numbers.begin(), numbers.lower_bound(kStay)) == kStay);
    CHECK(*numbers.rbegin() == static_cast<std::int64_t>(numbers.size()) - 1);
  }
  stop = true;
  mover.join();
  crowd.join();
  dict = nullptr;
  CHECK(Probe::alive == 0);
}
