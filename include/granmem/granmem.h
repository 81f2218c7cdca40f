/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * granmem.h - the whole library, and all of it on one page.
 *
 * <t> is compound, folio or adhoc. "0/-E": 0 or a negative enum gm_err. Context:
 *
 *   boot    before the table or space is shared between CPUs
 *   thread  a thread, and nothing else runs on the table
 *   any     threads, interrupts and NMIs, beside each other and everything else;
 *           where an embedder's hook is called (grow, accept, visit, reaped,
 *           put), wherever the hook may be called
 *
 *   call                  what it does                            returns       context
 *   -- tables: table.h, compound.h, folio.h, adhoc.h
 *   gm_<t>_metadata_size  how much memory init needs              0/-E          any
 *   gm_<t>_init           make an empty table                     0/-E          boot
 *   gm_adhoc_init_fixed   one that links no code for growth       0/-E          boot
 *   gm_compound_init_buffer, _init_hosted, gm_folio_init_buffer, _init_hosted:
 *                         init where one way is not linked        0/-E          boot
 *   gm_<t>_create         an object at a given place              0/-E, desc    any
 *   gm_<t>_claim          an object wherever memory is free       0/-E, desc    any
 *   gm_<t>_claim_each     a run of objects of one granule         0/-E, descs   any
 *   gm_<t>_find_get       address -> object, with a reference     0/-E, desc    any
 *   gm_<t>_find           address -> object, for its holder       desc or NULL  any
 *   gm_<t>_put            give a reference up, the last frees     1 last, 0     any
 *   gm_adhoc_put_sole     the same, quicker if it is the only one 1 last, 0     any
 *   gm_<t>_remove         the destroyer takes an object out       -             any
 *   gm_<t>_release_range  the sole holder frees part or all       0/-E          any
 *   gm_folio_mark, _unmark  free memory is reserved, device, ...  0/-E          any
 *   gm_folio_kind         what a granule is                       a kind/-E     any
 *   gm_adhoc_orphan, gm_blocks_orphan: leave such a one to reap   -             any
 *   gm_<t>_reap           remove what undone lookups ended        how many      any
 *   gm_<t>_for_each       visit the live objects                  0/visit's     any
 *   gm_<t>_stats          figures                                 -             any
 *   gm_<t>_verify         check the invariants                    0/-E          thread
 *   gm_table_free_bytes   free memory, by any table's first part  bytes         any
 *   -- references: ref.h
 *   gm_ref_get            one more, for a holder                  -             any
 *   gm_ref_get_checked    one more, or an error at the limit      0/-E          any
 *   gm_ref_add            n more                                  0/-E          any
 *   gm_ref_try_get[_type] one, of something that was looked up    0/-E          any
 *   gm_ref_put[_many]     give up; the last one must remove       1 last, 0     any
 *   gm_ref_put_sole       give up the only one, if it is that     1 it was, 0   any
 *   gm_ref_try_pin        a reference that also keeps in place    0/-E          any
 *   gm_ref_unpin          give up; the last one must remove       1 last, 0     any
 *   gm_ref_set_nopin      refuse new pins; gm_ref_clear_nopin     -             any
 *   gm_ref_freeze         make exclusive: nobody gets it          0/-E          any
 *   gm_ref_thaw           and live again                          -             any
 *   gm_ref_retire         and gone, instead of live again         -             any
 *   gm_ref_count, _pins, _type, _is_live, _is_sole: the moment    number        any
 *   gm_ref_undo, _undo_as, _orphan, _publish: for lookups, tables see ref.h     any
 *   -- descriptors: desc.h
 *   gm_desc_base, _size, _owner, _covers, for a holder            number        any
 *   gm_desc_flags         the flags; _set_flags, _clear_flags     flags before  any
 *   -- translation: run.h
 *   gm_run_pfn            object, offset -> pfn                   0/-E, pfn     any
 *   gm_run_at             the same, with the run and the leaf     0/-E, run     any
 *   -- page-table entries: pte.h
 *   gm_pte_check          is this a format                        0/-E          any
 *   gm_pte_leaf, _table   an entry, from what it shall say        0/-E, entry   any
 *   gm_pte_decode         what an entry says                      0/-E, pte     any
 *   gm_pte_is_present, _is_leaf, _address: what a walk asks       number        any
 *   gm_pte_levels, _shift, _index_bits, _leaves, _run_shift,
 *   _software_bits        the shape of the tables                 number        any
 *   -- a machine's memory: space.h
 *   gm_space_init, _add   regions                                 -, 0/-E       boot
 *   gm_space_find         address -> region                       or NULL       any
 *   gm_space_translate    address -> pfn, kind, node, attributes  0/-E          any
 *   gm_space_find_get     address -> object, with a reference     0/-E, desc    any
 *   gm_space_find_object  address -> object, for its holder       desc or NULL  any
 *   gm_space_create       an object at a given place              0/-E, desc    any
 *   gm_space_claim        an object, by node and priority         0/-E, desc    any
 *   gm_space_put          give a reference up, the last frees     1 last, 0     any
 *   gm_space_remove       the destroyer takes an object out       -             any
 *   gm_space_orphan       an undone lookup's object goes to reap  -             any
 *   gm_space_reap, _for_each, _stats, _table_stats: as the tables               any
 *   -- an owner's offsets: index.h ("lock": any, but of one index one after another)
 *   gm_index_store_size   how much memory store_init needs        0/-E          any
 *   gm_index_store_init   nodes for any number of indexes         0/-E          boot
 *   gm_index_store_stats  figures                                 -             any
 *   gm_index_init         an empty index of one owner             0/-E          boot
 *   gm_index_find_get     offset -> object, with a reference      0/-E, desc    any
 *   gm_index_run          the same, with the run                  0/-E, run     any
 *   gm_index_next         the next object, or the next marked     0/-E, desc    any
 *   gm_index_find, _pfn, _offset, for who keeps the object there  see index.h   any
 *   gm_index_has, _is_empty: is there anything of a kind          1 or 0        any
 *   gm_index_insert       put an object at an offset              0/-E          lock
 *   gm_index_erase        take it out, and leave a shadow         0/-E          lock
 *   gm_index_replace      another object instead of one           0/-E          lock
 *   gm_index_mark         set and clear marks; gm_index_marks     0/-E          lock
 *   gm_index_shadow       what an erased object left              0/-E          lock
 *   gm_index_forget       remove shadows                          how many      lock
 *   gm_index_verify       check the tree and the places           0/-E          thread
 *   -- objects behind page-table entries: map.h (64-bit hosts)
 *   gm_map_init           an address space                        0/-E          boot
 *   gm_map_slots          leaves of an object into empty slots    0/-E          any
 *   gm_map_unmap          clear slots, before the invalidation    how many      any
 *   gm_map_finish         report, give up, after the invalidation -             any
 *   gm_map_protect        another protection, no noted bit lost   0/-E          any
 *   gm_map_collect        take accessed and dirty bits            0/-E          any
 *   gm_map_count          slots that map an object; _is_mapped, _is_shared      any
 *   gm_map_take_flags     what was reported; _take_blocks         bits          any
 *   gm_map_granules       what an address space maps, by class    number        any
 *   gm_map_take, _give_back, _gather_init, _gather_add, _gather_is_full,
 *   _split, _fold, _set_prot: for walkers, who change entries     see map.h     any
 *   -- whole page tables: walker.h (64-bit hosts)
 *   gm_walker_init        empty tables: a root                    0/-E          thread
 *   gm_walker_root        for the register that hardware reads    address       any
 *   gm_walker_map         objects or frames in a range            0/-E          any
 *   gm_walker_lookup      address -> leaf                         0/-E          any
 *   gm_walker_protect     another protection of a range           0/-E          any
 *   gm_walker_unmap       nothing in a range                      0/-E          any
 *   gm_walker_unmap_object  only what maps an object there        0/-E          any
 *   gm_walker_gather_init, _gather_finish: invalidate, then free  -             any
 *   gm_walker_destroy     unmap all, free all                     -             thread
 *   -- from an object to its mappings: reverse.h (64-bit hosts)
 *   gm_reverse_unmap      wherever its owner says it may be       0/-E          any
 *   -- arithmetic, pure: granule.h
 *   gm_granule_check_range  is a range inside another             0/-E          any
 *   gm_granule_size, _down, _up, _log2, _trailing, _aligned,
 *   _is_power_of_two      of units of 2^shift bytes               number        any
 *   gm_granule_pfn, _paddr  a frame's number and address          see granule.h any
 *   -- looking at it: verify.h, report.h, error.h
 *   gm_verify_table       check any kind of table                 0/-E          thread
 *   gm_verify_space       check all of a space                    0/-E          thread
 *   gm_report_stats       print a table of bytes; also _desc, _verify           any
 *   gm_error_text         an error in words                       text          any
 *   -- metadata at another virtual address: rebase.h
 *   gm_rebase_table       change a table's pointers               0/-E          boot
 *   gm_rebase_space       a space's, and those of its tables      0/-E          boot
 *   gm_rebase_store       a store's; _index an index's            0/-E          boot
 *   gm_rebase_pointer     where a pointer of the caller's leads   pointer       any
 *   -- the embedder's side: port.h, hosted.h
 *   gm_port_set_panic     what an assertion does; _set_notice     -             boot
 *   gm_hosted_reserve     memory for processes; _release          0/-E, -       thread
 *   gm_hosted_grow        a grow hook out of it                   or NULL       any thread
 *   gm_hosted_resident    how much of it is in use                bytes         thread
 *
 * Below stand short names for the everyday calls of who has a space.
 */
#ifndef GM_GRANMEM_H
#define GM_GRANMEM_H

#include <granmem/adhoc.h>
#include <granmem/atomic.h>
#include <granmem/compound.h>
#include <granmem/config.h>
#include <granmem/desc.h>
#include <granmem/env.h>
#include <granmem/error.h>
#include <granmem/folio.h>
#include <granmem/granule.h>
#include <granmem/hosted.h>
#include <granmem/index.h>
#include <granmem/map.h>
#include <granmem/pool.h>
#include <granmem/port.h>
#include <granmem/pte.h>
#include <granmem/rebase.h>
#include <granmem/ref.h>
#include <granmem/report.h>
#include <granmem/reverse.h>
#include <granmem/run.h>
#include <granmem/space.h>
#include <granmem/table.h>
#include <granmem/trace.h>
#include <granmem/types.h>
#include <granmem/verify.h>
#include <granmem/walker.h>

GM_BEGIN_DECLS

/*
 * gm_find_get - gm_space_find_get: the object at an address, with a reference.
 * gm_get      - gm_ref_get: one more reference, for a holder.
 * gm_pin      - gm_ref_try_pin, for a holder: one more, that keeps it in place.
 * gm_put      - gm_space_put: give a reference up; the last one frees the memory.
 * gm_unpin    - gm_ref_unpin, and gm_space_remove if it was the last.
 * gm_pfn_at   - gm_run_pfn: object and offset to pfn.
 *
 * Functions and not macros, so that they have types and addresses. gm_get and
 * gm_pin require a reference; for a descriptor that was found by other means
 * than a table there is gm_ref_try_get.
 */
GM_INLINE GM_MUST_CHECK int gm_find_get(const struct gm_space *space, struct gm_paddr paddr,
					unsigned type, struct gm_desc **out);
GM_INLINE void gm_get(struct gm_desc *desc);
GM_INLINE GM_MUST_CHECK int gm_pin(struct gm_desc *desc);
GM_INLINE int gm_put(const struct gm_space *space, struct gm_desc *desc);
GM_INLINE int gm_unpin(const struct gm_space *space, struct gm_desc *desc);
GM_INLINE GM_MUST_CHECK int gm_pfn_at(const struct gm_desc *desc, uint64_t offset, unsigned shift,
				      struct gm_pfn *out);

GM_END_DECLS

#include <granmem/inline/granmem.h>

#endif
