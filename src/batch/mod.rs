//! Many documents: workers, order, resume.
